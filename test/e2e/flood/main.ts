// `npm run e2e:flood`: callees that tell of more than anybody can hold; the failing trace stays, and all else is a number.
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { printProgress } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { startReceiver } from "../../../examples/lab/receiver.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { Arrivals, type ArrivedSpan } from "../storm/arrivals.ts";
import { lastWordsOf, startService } from "../storm/service-process.ts";
import type { Blocks } from "./block.ts";
import { TRACE_FIELD, urlOfFlood } from "./call.ts";
import { judge } from "./judge.ts";
import { printReport, type RowReport, USAGE } from "./print.ts";
import { ROWS, type Row } from "./rows.ts";

const GATEWAY = new URL("./gateway.ts", import.meta.url);
const CROWD = new URL("./crowd.ts", import.meta.url);
const PATIENCE_MS = 30_000;
const OFF = { OTEL_ERROR_TREE_DISABLED: "true" };

await runProgram({
  name: "flood",
  usage: USAGE,
  options: { short: { type: "boolean", default: false }, row: { type: "string", default: "" } },
  verdict: "all as it should be",
  run: ({ short, row }, undo) =>
    run(
      ROWS.filter(({ title, short: isShort }) => title.includes(row) && (isShort || !short)),
      undo,
    ),
});

async function run(rows: readonly Row[], undo: Undo): Promise<string[]> {
  const arrivals = new Arrivals();
  const receiver = await startReceiver({ onRequest: (json) => arrivals.add(json) });
  await undo.add(() => receiver.close());
  const begin = (name: string, program: URL, env = {}): Promise<NodeProcess> =>
    startService(program, {
      name,
      exportTo: receiver.url,
      undo,
      env: {
        OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity",
        OTEL_ERROR_TREE_HEADER_BYTES: "2048",
        ...env,
      },
    });
  const [honest, forger] = await Promise.all([begin("crowd", CROWD), begin("forger", CROWD, OFF)]);
  const reports: RowReport[] = [];
  for (const row of rows) {
    printProgress(row.title);
    const to = (row.path === "/tell" ? forger : honest).url;
    // One after the other, each gateway in a process of its own: nothing has been compiled yet, as in the first flood of a service.
    const off = await flood(await begin("gateway", GATEWAY, OFF), row, to);
    const on = await flood(await begin("gateway", GATEWAY), row, to, arrivals);
    reports.push({ row, on: on.blocks, off: off.blocks, ...judge(row, on.spans) });
    undo.assertNotOver();
  }
  printReport(reports);
  return reports.flatMap(({ row, problems }) => problems.map((problem) => `${row.title}: ${problem}`));
}

/** One flood of a gateway, which then ends. */
async function flood(
  gateway: NodeProcess,
  row: Row,
  to: string,
  arrivals?: Arrivals,
): Promise<{ blocks: Blocks; spans: readonly ArrivedSpan[] }> {
  const answer = await get(urlOfFlood(gateway.url, { ...row, to }));
  const traceId = answer.headers[TRACE_FIELD];
  if (typeof traceId !== "string") throw new RunError(await text(answer));
  await arrivals?.until(() => arrivals.traces.has(traceId), PATIENCE_MS);
  const blocks = JSON.parse(await text(await get(`${gateway.url}/measured`))) as Blocks;
  await lastWordsOf(gateway);
  return { blocks, spans: arrivals?.traces.get(traceId) ?? [] };
}

async function get(url: string): Promise<IncomingMessage> {
  const [response] = (await once(http.get(url, { agent: false }), "response")) as [IncomingMessage];
  return response;
}
