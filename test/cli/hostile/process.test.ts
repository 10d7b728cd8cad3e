// The real command with a Prometheus that answers as nobody should: what its console and its API say, one after the other.
import { expect, test } from "vitest";
import { until } from "../../../collector-config/run/until.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { type Answer, floods, says, startHostile } from "./hostile-server.ts";

const COMMAND = new URL("../../../dist/cli/bin.js", import.meta.url);
const MIB = 1024 * 1024;
const EDGE = { client: "<b>a\u001b[2J</b>", server: "b", connection_type: "" };

/** 5 requests in each window. */
const good: Answer = (response, url) => {
  const query = url.searchParams.get("query") ?? "";
  const isOfRequests = query.startsWith("sum by") && !/failed|seconds|context/.test(query);
  const [start, end] = [Number(url.searchParams.get("start")), Number(url.searchParams.get("end"))];
  const values = Array.from({ length: end - start + 1 }, (_, i) => [start + i, "5"]);
  const isOfPresence = query.startsWith("count(");
  const one = isOfPresence ? [{ metric: {}, value: [1, "1"] }] : [];
  says({ status: "success", data: { result: isOfRequests ? [{ metric: EDGE, values }] : one } })(
    response,
    url,
  );
};

test("the page keeps what was there, and both say why nothing comes, once", { timeout: 60_000 }, async () => {
  const server = await startHostile(good);
  const observatory = new NodeProcess(COMMAND, {
    args: ["observatory", "--port", "0", "--window", "1", "--keep", "60", "--prometheus", `${server.url}`],
    channel: false,
  });
  const [, url = ""] = await observatory.prints(/The observatory is at (http:\S+)\//);
  const pictureWith = (what: string, holds: (picture: Picture) => boolean): Promise<Picture> =>
    until(what, async () => {
      const picture = (await (await fetch(`${url}/api/picture?last=60`)).json()) as Picture;
      return holds(picture) && picture;
    });
  const requestsIn = ({ edges: [edge] }: Picture): number => edge?.requests ?? 0;
  const full = await pictureWith("requests", (picture) => requestsIn(picture) > 200);
  expect(full.edges[0]?.client).toBe("<b>a\ufffd[2J</b>");
  expect([full.doubts.notes, observatory.err]).toEqual([[], ""]);

  server.answer = says({ error: "who \u001b]0;are\u0007 you" }, 400);
  const away = await pictureWith("a note", ({ doubts }) => doubts.notes.length === 1);
  expect(away.doubts.notes[0]).toMatch(/answered 400: who \\x1b\]0;are\\x07 you\. It has not answered since/);
  // Time goes on, and nothing is taken away.
  server.answer = floods("x", 100 * MIB, { before: '{"error":"' });
  const flooded = await pictureWith("the next reason", ({ doubts }) => /of no form/.test(`${doubts.notes}`));
  expect(requestsIn(flooded)).toBeGreaterThan(200);
  expect(flooded.newest).toBe(away.newest);

  server.answer = good;
  const back = await pictureWith("no note", ({ doubts }) => doubts.notes.length === 0);
  expect(back.newest).toBeGreaterThan(away.newest ?? 0);
  const lines = observatory.err.trim().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^otel-error-tree: Prometheus at http:\S+ answered 400: who \\x1b/);
  expect(lines[1]).toMatch(/answers again\.$/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these steer a terminal
  expect(observatory.printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(await observatory.end("SIGTERM")).toEqual({ exitCode: 0, signal: null });
});
