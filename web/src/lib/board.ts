/** What the islands of an experiment's page share: its runs and tags, the state, the selection. */
import { api } from "./base.ts";
import { fetchGroups, noGroups, type Groups } from "./groups.ts";
import { getJson, sentence } from "./http.ts";
import { keep } from "./kept.ts";
import { onLive, onLiveState, resync } from "./live.ts";
import { COLOURS, SLOTS, assign, type Slot } from "./palette.ts";
import { addMissing, renewal, replace } from "./renew.ts";
import { schema } from "./scalar-keys.ts";
import { UrlState } from "./url-state.ts";

export interface Run {
  readonly id: string;
  readonly name: string;
  readonly points: number;
  readonly last_wall: number | null;
  readonly running: boolean;
}

export interface Tag {
  readonly tag: string;
  readonly kind: string;
  readonly runs: readonly string[];
}

interface PageData {
  readonly experiment: string;
  readonly points: number;
  readonly runs: readonly Run[];
  readonly tags: readonly Tag[];
  readonly metric: string | null;
}

/** Cards of tags that came since, the head and its counts. */
function mergeCards(newer: Document): void {
  replace(".places", newer);
  replace(".page-head", newer);
  const board = document.querySelector(".board");
  const next = newer.querySelector(".board");
  if (!board || !next) return;
  const prefix = (group: HTMLElement): string => group.dataset["prefix"] ?? "";
  const tag = (card: HTMLElement): string => card.dataset["tag"] ?? "";
  if (!next.querySelector(":scope > .empty.card")) board.querySelector(":scope > .empty.card")?.remove();
  addMissing(board, next, ".tag-group", prefix);
  for (const group of next.querySelectorAll<HTMLElement>(".tag-group")) {
    const same = [...board.querySelectorAll<HTMLElement>(".tag-group")].find((one) => prefix(one) === prefix(group));
    const [now, then] = [same?.querySelector(".cards"), group.querySelector(".cards")];
    if (now && then) addMissing(now, then, "[data-tag]", tag);
  }
  document.dispatchEvent(new CustomEvent("gb-renewed"));
}

function pageData(page: Document = document): PageData {
  const island = page.getElementById("page-data");
  if (!island?.textContent) return { experiment: "", points: 0, runs: [], tags: [], metric: null };
  const data = JSON.parse(island.textContent) as PageData;
  // A tag that every run has says so in one word: of a thousand runs and a hundred tags that is most of the page.
  const every = data.runs.map((run) => run.id);
  return { ...data, tags: data.tags.map((tag) => ((tag.runs as unknown) === "all" ? { ...tag, runs: every } : tag)) };
}

/** A regular expression as people type it: no case, and none at all while it is unfinished. */
export function pattern(source: string): RegExp | null {
  if (source === "") return null;
  try {
    return new RegExp(source, "i");
  } catch {
    return null;
  }
}

class Board {
  readonly state = new UrlState(schema);
  readonly experiment: string;
  tags: readonly Tag[];
  metric: string | null;
  runs: readonly Run[];
  /** Last value of the metric by run. */
  latest: ReadonlyMap<string, number> = new Map();
  /** The run under the pointer, in the list or on a chart. */
  hovered: string | null = null;
  groups: Groups = noGroups;
  /** Counts what changes a drawing: everything but what is hovered. */
  version = 0;
  private grouped = "";
  private readonly listeners = new Set<() => void>();
  private slots: ReadonlyMap<string, Slot> = new Map();
  private chosen: readonly Run[] = [];

  constructor() {
    const data = pageData();
    this.experiment = data.experiment;
    this.runs = data.runs;
    this.tags = data.tags;
    this.metric = data.metric;
    if (this.experiment) keep(this.experiment, this.state);
    this.select();
    this.state.watch((_values, changed) => {
      if (changed.has("by")) void this.group();
      this.select();
      this.tell();
    });
    if (this.experiment) {
      void this.group();
      void this.refreshLatest();
      onLive("points", (event) => {
        if (event.experiment !== this.experiment) return;
        if (this.isNews(event.runs, event.tags)) this.renew();
        this.latestDue ??= setTimeout(() => { this.latestDue = undefined; void this.refreshLatest(); }, 1000);
      });
      onLive("resync", () => { this.renew(); void this.refreshLatest(); });
      // Between the page being written and the stream being open, points may have come.
      let first = true;
      onLiveState((state) => {
        if (state !== "open" || !first) return;
        first = false;
        void this.isBehind(data.points).then((behind) => { if (behind) resync(); });
      });
    }
  }
  private latestDue: ReturnType<typeof setTimeout> | undefined;
  private readonly renew = renewal((newer) => this.adopt(newer), 500);

  /** Whether a run or a tag is one this page has not met. */
  private isNews(runs: readonly string[], tags: readonly string[]): boolean {
    const known = new Set(this.runs.map((run) => run.id));
    if (runs.some((id) => !known.has(id))) return true;
    const having = new Map(this.tags.map((tag) => [tag.tag, tag.runs]));
    return tags.some((tag) => !having.has(tag)) || (tags.length === 1 && runs.some((id) => !having.get(tags[0] ?? "")?.includes(id)));
  }

  private async isBehind(points: number): Promise<boolean> {
    const { experiments } = await getJson<{ experiments: { slug: string; points: number }[] }>(api("/experiments")).catch(() => ({ experiments: [] }));
    return experiments.some((one) => one.slug === this.experiment && one.points !== points);
  }

  private adopt(newer: Document): void {
    const { runs, tags, metric } = pageData(newer);
    const first = this.metric === null && metric !== null;
    Object.assign(this, { runs, tags, metric });
    this.select();
    mergeCards(newer);
    if (this.state.values.by !== "") void this.group();
    if (first) void this.refreshLatest();
    this.tell();
  }

  /** The regex of the run list. */
  get filter(): string {
    const { runs, q } = this.state.values;
    return runs.startsWith("re:") ? runs.slice(3) : q;
  }

  /** Runs the list shows. */
  get listed(): readonly Run[] {
    const source = this.filter;
    if (source === "") return this.runs;
    if (source !== this.listedBy || this.listedFrom !== this.runs) {
      const filter = pattern(source);
      this.listedBy = source;
      this.listedFrom = this.runs;
      this.listedRuns = filter ? this.runs.filter((run) => filter.test(run.name)) : this.runs;
    }
    return this.listedRuns;
  }
  private listedBy = "";
  private listedFrom: readonly Run[] | undefined;
  private listedRuns: readonly Run[] = [];

  /** Runs the charts show. */
  get shown(): readonly Run[] {
    return this.chosen;
  }

  /** The colour of a run; where runs are grouped, that of its group. */
  slot(id: string): Slot | undefined {
    if (this.state.values.by !== "") return this.groups.slots.get(this.groups.of.get(id) ?? id);
    return this.slots.get(id);
  }

  /** Chooses a run's colour and dash; null gives it back to the palette. */
  paint(id: string, slot: Slot | null): void {
    const others = this.state.values.col.filter((one) => !one.startsWith(`${id}:`));
    this.state.set({ col: slot ? [...others, `${id}:${slot.dash * COLOURS + slot.colour}`].sort() : others }, true);
  }

  /** Adds to one of the lists of the address, or takes away. */
  flip(name: "pin" | "own" | "log" | "shut", item: string): void {
    const now = this.state.values[name];
    this.state.set({ [name]: now.includes(item) ? now.filter((one) => one !== item) : [...now, item] }, true);
  }

  private async group(): Promise<void> {
    const { by } = this.state.values;
    this.grouped = by;
    if (by === "") {
      this.groups = { ...noGroups, hparams: this.groups.hparams };
      return;
    }
    const found = await fetchGroups(this.experiment, by).catch((error: unknown) => ({ ...noGroups, problem: sentence(error) }));
    if (this.grouped !== by) return;
    this.groups = found;
    this.version += 1;
    this.tell();
  }

  isChecked(id: string): boolean {
    const { runs } = this.state.values;
    if (runs === "" || runs.startsWith("re:")) return true;
    if (runs !== this.checkedBy) {
      this.checkedBy = runs;
      this.checkedIds = new Set(runs.replace(/^not:/, "").split(","));
    }
    return this.checkedIds.has(id) !== runs.startsWith("not:");
  }
  private checkedBy = "";
  private checkedIds: ReadonlySet<string> = new Set();

  /** The runs that have a scalar tag, and whether a run has any tag that is known. */
  having(tag: string): readonly string[] {
    return this.scalarRuns().get(tag) ?? [];
  }

  isKnown(run: string): boolean {
    this.scalarRuns();
    return this.taggedRuns.has(run);
  }

  private scalarRuns(): ReadonlyMap<string, readonly string[]> {
    if (this.indexed !== this.tags) {
      this.indexed = this.tags;
      this.scalarIndex = new Map(this.tags.filter((tag) => tag.kind === "scalar").map((tag) => [tag.tag, tag.runs]));
      const lists = new Set(this.tags.map((tag) => tag.runs));
      this.taggedRuns = new Set([...lists].flat());
    }
    return this.scalarIndex;
  }
  private indexed: readonly Tag[] | undefined;
  private scalarIndex: ReadonlyMap<string, readonly string[]> = new Map();
  private taggedRuns: ReadonlySet<string> = new Set();

  setFilter(source: string): void {
    const { runs } = this.state.values;
    if (runs === "" || runs.startsWith("re:")) this.state.set({ runs: source ? `re:${source}` : "", q: "" });
    else this.state.set({ q: source });
  }

  /** Checks exactly these runs; the filter stays. */
  check(ids: readonly string[]): void {
    const filter = this.filter;
    const every = ids.length === this.runs.length;
    const on = new Set(ids);
    const off = this.runs.filter((run) => !on.has(run.id)).map((run) => run.id);
    // Of many runs, the few that are hidden make the shorter address.
    const some = this.runs.length > SLOTS && off.length * 2 < ids.length ? `not:${off.join(",")}` : ids.join(",");
    const runs = every ? (filter ? `re:${filter}` : "") : ids.length === 0 ? "none" : some;
    this.state.set({ runs, q: every ? "" : filter }, true);
  }

  toggle(id: string): void {
    this.check(this.runs.map((run) => run.id).filter((one) => this.isChecked(one) !== (one === id)));
  }

  hover(id: string | null): void {
    if (this.hovered === id) return;
    this.hovered = id;
    this.tell();
  }

  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private select(): void {
    this.version += 1;
    this.chosen = this.listed.filter((run) => this.isChecked(run.id));
    // Few runs keep their colours whatever is checked; of many, those that are checked share the palette.
    // A filter that is being typed repaints nothing that stays.
    const checked = this.runs.length <= COLOURS ? this.runs : this.runs.filter((run) => this.isChecked(run.id));
    const slots = new Map(assign((checked.length > SLOTS ? this.chosen : checked).map((run) => run.id)));
    for (const one of this.state.values.col) {
      const [id = "", slot = ""] = one.split(":");
      const n = Number(slot);
      if (Number.isInteger(n) && n >= 0 && n < SLOTS) slots.set(id, { colour: n % COLOURS, dash: Math.floor(n / COLOURS) });
    }
    this.slots = slots;
  }

  private async refreshLatest(): Promise<void> {
    if (!this.metric) return;
    const path = `/experiments/${encodeURIComponent(this.experiment)}/latest`;
    const { values } = await getJson<{ values: Record<string, { value: number | null }> }>(api(path, { tag: this.metric })).catch(() => ({ values: {} }));
    if (Object.keys(values).length === 0) return;
    this.latest = new Map(Object.entries(values).map(([id, at]) => [id, at.value ?? Number.NaN]));
    this.tell();
  }
}

/** One per page. */
export const board = new Board();
