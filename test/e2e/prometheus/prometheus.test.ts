// The observatory out of a real Prometheus that scrapes: the same numbers as the services counted, also over restarts and outages.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { requirePrograms } from "../../../collector-config/run/single.ts";
import { until } from "../../../collector-config/run/until.ts";
import type { Picture, PictureEdge } from "../../../src/observatory/graph/picture.ts";
import { increaseQuery } from "../../../src/observatory/prometheus/queries.ts";
import { type Prometheus, startPrometheus } from "../../support/pipeline/prometheus.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { goAlong, Scraped } from "./scraped.ts";

const COMMAND = fileURLToPath(new URL("../../../src/cli/bin.ts", import.meta.url));

const undo = new Undo();
let service: Scraped;
let collector: Scraped;
let prometheus: Prometheus;

beforeAll(async () => {
  requirePrograms("prometheus");
  const folder = mkdtempSync(join(tmpdir(), "observatory-prometheus-"));
  await undo.add(() => rmSync(folder, { recursive: true }));
  [service, collector] = [await Scraped.start(undo), await Scraped.start(undo)];
  const targets = { services: [`127.0.0.1:${service.port}`], collector: [`127.0.0.1:${collector.port}`] };
  prometheus = await startPrometheus({ folder, undo, targets });
}, 120_000);

afterAll(() => undo.all());

/** A running command. */
class Observer {
  readonly process: NodeProcess;

  constructor(...args: readonly string[]) {
    this.process = new NodeProcess(COMMAND, {
      args: [
        "observatory",
        "--port",
        "0",
        "--window",
        "2",
        "--keep",
        "600",
        "--prometheus",
        prometheus.url,
        ...args,
      ],
      channel: false,
      undo,
    });
  }

  async picture(): Promise<Picture> {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(this.process.printed)?.[0];
    if (url === undefined) throw new Error("it does not listen yet");
    return (await (await fetch(`${url}/api/picture?last=600`)).json()) as Picture;
  }

  /** The first picture of which that holds. */
  async pictureWith(what: string, holds: (picture: Picture) => boolean): Promise<Picture> {
    let last: Picture | undefined;
    const ask = async (): Promise<Picture | false> => {
      last = await this.picture();
      return holds(last) && last;
    };
    try {
      return await until(`a picture with ${what}`, ask, 40_000);
    } catch (error) {
      const { edges, doubts } = last ?? {};
      throw new Error(`${String(error)}: ${JSON.stringify({ edges, doubts })} ${this.process.printed}`);
    }
  }
}

const edgeOf = (picture: Picture, client: string, server: string): PictureEdge | undefined =>
  picture.edges.find((edge) => edge.client === client && edge.server === server);
const requestsOf = (picture: Picture, client: string, server: string): number | undefined =>
  edgeOf(picture, client, server)?.requests;

async function scraped(query: string, value: number): Promise<void> {
  await until(`${query} is ${value}`, async () => (await prometheus.query(query))[0]?.value === value);
}

describe("a Prometheus that scrapes", { timeout: 120_000 }, () => {
  let observer: Observer;

  test("shows what the services counted, also from before the observatory was started", async () => {
    const payment = service.edge("checkout", "payment");
    const db = service.edge("payment", "db", { connectionType: "database", side: "client" });
    // The target is known for more than a window.
    await scraped("count(traces_service_graph_request_total offset 4s)", 2);
    goAlong(payment, 300, 12, 0.15);
    goAlong(payment, 30, 0, 0.3);
    goAlong(db, 70, 0, 0.003);
    await scraped('traces_service_graph_request_total{client="payment"}', 70);
    observer = new Observer();
    const picture = await observer.pictureWith(
      "70 requests",
      (one) => requestsOf(one, "payment", "db") === 70,
    );
    const edge = edgeOf(picture, "checkout", "payment");
    expect(edge).toMatchObject({
      requests: 330,
      failures: 12,
      context: { arrived: 330, missing: 0, foreign: 0 },
    });
    // 300 of 330 took between 100 and 200 ms, the others between 200 and 400 ms.
    expect(edge?.durations.p50).toBeGreaterThan(0.1);
    expect(edge?.durations.p50).toBeLessThan(0.2);
    expect(edge?.durations.p95).toBeGreaterThan(0.2);
    expect(edge?.durations.p95).toBeLessThan(0.4);
    expect(edgeOf(picture, "payment", "db")).toMatchObject({
      connectionType: "database",
      requests: 70,
      failures: 0,
    });
    expect(picture.nodes.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "checkout service",
      "db database",
      "payment service",
    ]);
    expect(picture.doubts.notes).toEqual([]);
    expect(observer.process.printed).not.toContain("otel-error-tree:");
  });

  test("shows a failure with which an edge begins", async () => {
    goAlong(service.edge("checkout", "mail"), 1, 1, 0.02);
    const picture = await observer.pictureWith("mail", (one) => requestsOf(one, "checkout", "mail") === 1);
    expect(edgeOf(picture, "checkout", "mail")?.failures).toBe(1);
  });

  test("goes on counting over the restart of a service", async () => {
    service.restart();
    goAlong(service.edge("checkout", "payment"), 40, 1, 0.15);
    const picture = await observer.pictureWith(
      "370",
      (one) => requestsOf(one, "checkout", "payment") === 370,
    );
    expect(edgeOf(picture, "checkout", "payment")?.failures).toBe(13);
  });

  test("when it is away that is said, what was there stays, and when it is back nothing was counted twice", async () => {
    await prometheus.daemon.kill();
    const away = await observer.pictureWith("a note", ({ doubts }) => doubts.notes.length > 0);
    expect(away.doubts.notes.join()).toMatch(
      /^Prometheus at http:\/\/127.*ECONNREFUSED.*It has not answered since \d\d:\d\d:\d\d UTC/,
    );
    expect(requestsOf(away, "checkout", "payment")).toBe(370);
    await prometheus.daemon.start();
    const back = await observer.pictureWith("no note", ({ doubts }) => doubts.notes.length === 0);
    expect(requestsOf(back, "checkout", "payment")).toBe(370);
    const lines = observer.process.printed.split("\n").filter((line) => line.includes("otel-error-tree:"));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("ECONNREFUSED");
    expect(lines[1]).toContain("answers again");
  });

  test("edges that several jobs have are said, and a selector chooses one", async () => {
    const again = collector.edge("checkout", "payment");
    await scraped('traces_service_graph_request_total{job="collector"}', 0);
    goAlong(again, 500, 0, 0.1);
    await scraped('traces_service_graph_request_total{job="collector"}', 500);
    const both = new Observer();
    const picture = await both.pictureWith("870", (one) => requestsOf(one, "checkout", "payment") === 870);
    expect(picture.doubts.notes.join()).toContain("checkout -> payment by collector and services");
    const chosen = new Observer("--selector", '{job="collector"}');
    const one = await chosen.pictureWith("500", (shown) => requestsOf(shown, "checkout", "payment") === 500);
    expect(one.doubts.notes).toEqual([]);
    expect(one.edges).toHaveLength(1);
  });

  test("what a process behind a Collector has counted before it was seen there is not taken for new, its later edges are", async () => {
    const [shop, other] = ["shop", "other"].map((process) => ({ process }));
    goAlong(collector.edge("web", "shop", shop), 10, 0, 0.1);
    await scraped('count_over_time(traces_service_graph_request_total{client="web"}[1m]) > bool 3', 1);
    goAlong(collector.edge("web", "old", other), 1_000, 0, 0.1);
    const begun = collector.edge("web", "mail", shop);
    goAlong(begun, 3, 1, 0.1);
    await scraped('count_over_time(traces_service_graph_request_total{server="old"}[1m]) > bool 3', 1);
    goAlong(collector.edge("web", "end", shop), 1, 0, 0.1);
    const observer = new Observer("--selector", '{client="web"}');
    const picture = await observer.pictureWith("the end", (one) => requestsOf(one, "web", "end") === 1);
    expect(requestsOf(picture, "web", "old") ?? 0).toBe(0);
    expect(requestsOf(picture, "web", "mail")).toBe(3);
  });

  test("a selector that nothing has is said", async () => {
    const none = new Observer("--selector", 'job="nobody"');
    const picture = await none.pictureWith("a note", ({ doubts }) => doubts.notes.length > 0);
    expect(picture.doubts.notes.join()).toContain('has no traces_service_graph_request_total{job="nobody"}');
  });

  test("a step in which a process ends and another one begins has what both have counted", async () => {
    const query = 'traces_service_graph_request_total{server="bank"}';
    const edge = collector.edge("till", "bank");
    goAlong(edge, 100, 0, 0.1);
    await scraped(query, 100);
    const began = Date.now();
    await until("some time is over", () => Date.now() > began + 100);
    goAlong(edge, 20, 0, 0.1);
    await scraped(query, 120);
    collector.restart();
    goAlong(collector.edge("till", "bank"), 40, 0, 0.1);
    await scraped(query, 40);
    const [increase] = await prometheus.query(increaseQuery("requests", 'server="bank"', Date.now() - began));
    expect(increase?.value).toBe(60);
  });
});
