// What caches make of answers: a tree of one request must never come to another.
import type { Asked, Client } from "./asker.ts";
import { describe, isIntact, isOwn, nodesRead, readingOf, tellsTree } from "./judge.ts";
import { type Freshness, PLAIN, type Plan, pathOf, type Route } from "./plan.ts";
import type { Received } from "./receive.ts";
import type { Row, Target } from "./row.ts";

const STATUSES = [200, 404, 500] as const;
const FRESHNESSES: readonly Freshness[] = ["none", "max-age", "s-maxage", "expires"];

/** In the order of the table: first what caches do by the rules, then what the rest does where `Vary` is ignored. */
export const CACHE_ROWS: readonly Row[] = [
  ...FRESHNESSES.flatMap((freshness) => STATUSES.map((status) => cacheRow("on", { status, freshness }))),
  ...STATUSES.map((status) => cacheRow("careless", { status, freshness: "none" })),
  ...STATUSES.map((status) => cacheRow("careless", { status, freshness: "max-age" })),
];

function cacheRow(route: "on" | "careless", { status, freshness }: Pick<Plan, "status" | "freshness">): Row {
  const plan: Plan = { ...PLAIN, status, freshness };
  const title = `${status}, ${freshness === "none" ? "no freshness" : freshness}`;
  return {
    title: route === "careless" ? `${title}, Vary ignored` : title,
    async run(target) {
      const before = target.report.problems.length;
      const row = new CacheRow(target, route, plan, `${target.proxy.name}, ${title}, ${route}`);
      await row.proveCaching();
      const text = await row.oneAfterTheOther();
      await row.allAtOnce();
      return { text, tone: target.report.problems.length > before ? "bad" : "good" };
    },
  };
}

class CacheRow {
  readonly #target: Target;
  readonly #route: Route;
  readonly #plan: Plan;
  readonly #where: string;

  constructor(target: Target, route: Route, plan: Plan, where: string) {
    this.#target = target;
    this.#route = route;
    this.#plan = plan;
    this.#where = where;
  }

  /** A cache that keeps nothing would pass every test. Whoever asks after a stranger gets what the stranger got. */
  async proveCaching(): Promise<void> {
    const { stage, report } = this.#target;
    const url = this.#newUrl();
    const [first, second] = [await stage.visit(url), await stage.visit(url)];
    if (first.madeFor === "" || first.madeFor !== second.madeFor) {
      report.wrong.push(`${this.#where}: the cache keeps nothing, so nothing is proved`);
    }
    this.#judgeStranger(first);
    this.#judgeStranger(second);
    await this.#ask(url, "http");
  }

  async oneAfterTheOther(): Promise<string> {
    const url = this.#newUrl();
    const first = await this.#ask(url, "http");
    const second = await this.#ask(url, "fetch");
    const stranger = await this.#target.stage.visit(url);
    const said = [this.#judgeFirst(first), this.#textOf(second), this.#judgeStranger(stranger)];
    await this.#ask(url, "http");
    return said.join(" · ");
  }

  /** Caches make one request of several at the same time, too. */
  async allAtOnce(): Promise<void> {
    const { stage } = this.#target;
    const url = this.#newUrl();
    const clients: Client[] = ["http", "fetch", "http", "fetch"];
    const asking = stage.ask(clients.map((client) => ({ url, client })));
    const [stranger, answers] = [await stage.visit(url), await asking];
    this.#judgeStranger(stranger);
    for (const asked of answers) this.#judgeAsked(asked);
  }

  #newUrl(): string {
    return this.#target.url + pathOf(this.#route, this.#plan);
  }

  async #ask(url: string, client: Client): Promise<Asked> {
    const [asked] = (await this.#target.stage.ask([{ url, client }])) as [Asked];
    this.#judgeAsked(asked);
    return asked;
  }

  /** Nobody was before it: the response is its own, with all that it may tell. */
  #judgeFirst(asked: Asked): string {
    const { report } = this.#target;
    if (!isOwn(asked)) report.wrong.push(`${this.#where}: the first response was made for somebody else`);
    const fresh = this.#plan.freshness !== "none";
    const { kind } = readingOf(this.#plan, asked);
    if (fresh && kind !== "minimal") {
      report.wrong.push(`${this.#where}: the response stays fresh: minimal expected, ${kind} came`);
    }
    if (!fresh && kind !== "shrunk" && kind !== "whole") {
      report.wrong.push(`${this.#where}: a tree expected, ${kind} came`);
    }
    return tellsTree(asked.value) ? "tree" : kind;
  }

  #judgeAsked(asked: Asked): void {
    const { report } = this.#target;
    this.#judgeResponse(asked);
    if (isOwn(asked)) {
      report.wrong.push(...readingOf(this.#plan, asked).wrong.map((wrong) => `${this.#where}: ${wrong}`));
      return;
    }
    if (nodesRead(asked.tree).length > 0) {
      report.replayed.push(`${this.#where}: an asker read a tree that was made for another one`);
    } else if (tellsTree(asked.value) && this.#route !== "careless") {
      report.replayed.push(`${this.#where}: a tree came to an asker for whom it was not made`);
    }
  }

  #textOf(asked: Asked): string {
    if (isOwn(asked)) return `own ${tellsTree(asked.value) ? "tree" : "answer"}`;
    if (asked.value === undefined) return "nothing";
    return tellsTree(asked.value) ? "tree ignored" : "ignored";
  }

  /** Nobody can help a stranger where a cache keeps what it should not and ignores `Vary` besides. */
  #judgeStranger(received: Received): string {
    this.#judgeResponse(received);
    const hopeless = this.#route === "careless" && this.#plan.freshness === "none";
    if (received.value === undefined) return "nothing";
    if (!tellsTree(received.value)) return "minimal";
    if (!hopeless) {
      this.#target.report.replayed.push(`${this.#where}: a stranger who asked nothing got a tree`);
    }
    return "tree";
  }

  #judgeResponse(received: Received): void {
    if (isIntact(this.#plan, received)) return;
    this.#target.report.harmed.push(`${this.#where}: ${describe(this.#plan, received)}`);
  }
}
