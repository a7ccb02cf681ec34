// A server that listens to more than this machine: nothing without its token, and a way in for browsers.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openPage, startBrowser, startServer, until } from "./harness.mjs";

const TOKEN = "correct-horse-battery-staple-0123456789";
let server, browser, home;

before(async () => {
  home = mkdtempSync(join(tmpdir(), "glassboard-login-"));
  writeFileSync(join(home, "token"), `${TOKEN}\n`, { mode: 0o600 });
  server = await startServer("serve", ["--token-file", join(home, "token")], "0.0.0.0");
  browser = await startBrowser();
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
});

test("without --token-file it does not start on an address others can reach", { timeout: 60_000 }, async () => {
  await assert.rejects(startServer("serve", [], "0.0.0.0"), /token/);
});

test("log in, work, log out", { timeout: 120_000 }, async () => {
  const { page, faults, context, go } = await openPage(browser, server);
  await go("/runs?s=0.9");
  assert.equal(new URL(page.url()).pathname, "/login", "every page leads to the login");
  assert.equal(await page.locator("h1").innerText(), "Log in");
  assert.equal((await context.cookies()).length, 0);

  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").getByText("not this server's token").waitFor();
  // The refusal is a 401, which a browser also writes to its console, sooner or later: expected here, and nothing else.
  const refusal = (fault) => /401/.test(fault) && fault.endsWith(`${server.url}/login`);
  await until("the refusal", () => faults.some(refusal));

  await page.getByLabel("Token").fill(TOKEN);
  await page.getByLabel("Token").press("Enter");
  await page.waitForURL(/\/runs\?s=0\.9$/);
  const [session] = await context.cookies();
  assert.equal(session.httpOnly, true, "scripts cannot read the session");
  assert.equal(session.sameSite, "Lax");
  await page.locator("#live[data-state=open]").waitFor();
  assert.equal((await page.evaluate(async () => (await fetch("/api/v1/experiments")).status)), 200);

  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL(/\/login/);
  assert.deepEqual(faults.filter((fault) => !refusal(fault)), []);
  await context.addCookies([session]);
  await go("/runs");
  assert.equal(new URL(page.url()).pathname, "/login", "a session that was left is over");
  await context.close();
});

test("the API takes the token as Bearer and nothing else", { timeout: 60_000 }, async () => {
  const status = async (headers) => (await fetch(`${server.url}/api/v1/experiments`, { headers })).status;
  assert.equal(await status({}), 401);
  assert.equal(await status({ authorization: "Bearer wrong" }), 401);
  assert.equal(await status({ authorization: `Bearer ${TOKEN}` }), 200);
});
