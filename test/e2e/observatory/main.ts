// `npm run e2e:observatory`: the picture of all traffic equals what the services themselves counted, though nothing is sampled.
import { setTimeout } from "node:timers/promises";
import { readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import type { Counted } from "./counter.ts";
import { isComplete, judge, type Row, rowsOf, tableOf } from "./judge.ts";
import { sendLoad } from "./load.ts";
import { PROXIED, type Stage, setStage, WINDOW_SECONDS } from "./stage.ts";

const REQUESTS = 100_000;
const AT_ONCE = 24;
/** After the proxy has begun to strip. */
const STRIPPED = 100;
/** Metrics are exported every second. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 250;

const USAGE = `Usage: npm run e2e:observatory -- [--requests N]

Sends requests through the seven services of the lab, of which none is head-sampled. They push their metrics to a real
otel-error-tree observatory, whose picture is compared with what the services counted by themselves: requests and failures
of every edge are equal, the 95th percentile of the durations is within 5 %. Then a proxy between two of them begins to
strip traceparent and the ask: within two windows of ${WINDOW_SECONDS} seconds that shows as missing context on their edge.

  --requests N  how many requests are sent (default: ${REQUESTS})
  --help        print this

Exit code 1 when anything is not as it should be.
`;

await runProgram({
  name: "observatory",
  usage: USAGE,
  options: { requests: { type: "string", default: `${REQUESTS}` } },
  verdict: "the picture is what was counted",
  run: ({ requests }, undo) => run(readWholeNumber("--requests", requests, 100, 10_000_000), undo),
});

async function run(requests: number, undo: Undo): Promise<string[]> {
  const stage = await setStage(undo);
  let answered = 0;
  const began = performance.now();
  await sendLoad(stage.entry, {
    requests,
    atOnce: AT_ONCE,
    label: "load",
    done: () => {
      if (++answered % 1_000 === 0) printProgress(`${answered} of ${requests} requests`);
    },
  });
  const seconds = (performance.now() - began) / 1000;
  printProgress("waiting for the last metrics");
  const { rows, picture } = await settled(stage);
  const all = rows.reduce((sum, { counted }) => sum + counted.requests, 0);
  print(`${requests} requests, ${all} of all services, in ${seconds.toFixed(0)} s; none head-sampled\n`);
  print(tableOf(rows));
  return [...judge(rows, picture), ...(await loseContext(stage))];
}

/** The picture as soon as it has all that was counted, or as it is after a while. */
async function settled(stage: Stage): Promise<{ rows: Row[]; picture: Picture }> {
  for (const end = performance.now() + PATIENCE_MS; ; await setTimeout(LOOK_MS)) {
    const counted = new Map<string, Counted>();
    for (const [name, service] of stage.services) counted.set(name, await service.ask<Counted>("counted"));
    const picture = await stage.picture();
    const rows = rowsOf(stage.topology, counted, picture);
    if (isComplete(rows) || performance.now() > end) return { rows, picture };
  }
}

/** The proxy begins to strip: what is wrong if nobody sees that within two windows. */
async function loseContext({ entry, proxy, picture }: Stage): Promise<string[]> {
  const allowed = 2 * WINDOW_SECONDS;
  proxy.strip();
  const began = performance.now();
  await sendLoad(entry, { requests: STRIPPED, atOnce: 10, label: "stripped" });
  for (; ; await setTimeout(LOOK_MS)) {
    const seconds = (performance.now() - began) / 1000;
    const edge = (await picture()).edges.find(
      ({ client, server, connectionType }) =>
        client === PROXIED.client && server === PROXIED.server && connectionType === "",
    );
    const missing = edge?.context.missing ?? 0;
    if (missing > 0 && seconds <= allowed) {
      print(
        `\n${PROXIED.client} -> ${PROXIED.server}: ${missing} requests without context, ${seconds.toFixed(1)} s after a proxy began to strip it`,
      );
      return [];
    }
    if (seconds > allowed) {
      return [`${PROXIED.client} -> ${PROXIED.server}: no missing context within ${allowed} s`];
    }
  }
}
