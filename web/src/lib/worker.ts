/** Our policy asks that addresses of scripts are ours: a worker's is one that the build wrote. */
interface Policies { createPolicy(name: string, rules: { createScriptURL(address: string): string }): { createScriptURL(address: string): unknown } }

const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
const policy = policies?.createPolicy("gb-worker", {
  createScriptURL(address) {
    const { origin, pathname } = new URL(address, location.href);
    if (origin !== location.origin || !/\/assets\/[\w-]+\.js$/.test(pathname)) throw new TypeError("not a worker of ours");
    return address;
  },
});

/** Starts a module worker; `address` comes from an import that ends in `?worker&url`. */
export function startWorker(address: string): Worker {
  return new Worker((policy ? policy.createScriptURL(address) : address) as string, { type: "module" });
}
