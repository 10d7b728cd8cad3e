// `npm run e2e:trust`: a secret is replaced in a running lab, under load; not one tree is lost, and no stranger gets one.
import { randomBytes } from "node:crypto";
import { readNumber } from "../../../collector-config/program/arguments.ts";
import { printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { judgeStep, type Step } from "./judge.ts";
import { Load } from "./load.ts";
import { printReport, USAGE } from "./print.ts";
import { judgeServices, reportServices } from "./services-judge.ts";
import { type Stage, setStage } from "./stage.ts";
import { judgeTurnedAway, type Stranger, sendStranger } from "./strangers.ts";
import { keyOf, windowAt } from "./token.ts";
import { Watch, type Watched } from "./watch.ts";

interface Options {
  readonly seconds: number;
  readonly perSecond: number;
}

/** A step, and the value of `OTEL_ERROR_TREE_SECRET` that it gives everybody; absent where it leaves all as it is. */
interface Move extends Step {
  readonly secrets?: string;
}

const [K0, K1, K2] = ["k0", "k1", "k2"].map(secretOf) as [string, string, string];
/** The right way is the one in docs/security.md. */
const MOVES: readonly Move[] = [
  { title: "the wrong way: from k0 to k1 at once", secrets: K1, keyIds: ["k0", "k1"], loses: true },
  { title: "before: k1", keyIds: ["k1"], loses: false },
  { title: "1. everybody accepts the new one: k1,k2", secrets: `${K1},${K2}`, keyIds: ["k1"], loses: false },
  { title: "2. the new one signs: k2,k1", secrets: `${K2},${K1}`, keyIds: ["k1", "k2"], loses: false },
  { title: "3. the old one is gone: k2", secrets: K2, keyIds: ["k2"], loses: false },
];

await runProgram({
  name: "trust",
  usage: USAGE,
  options: { seconds: { type: "string", default: "2" }, rate: { type: "string", default: "100" } },
  verdict: "all as it should be",
  run: ({ seconds, rate }, undo) =>
    run(
      {
        seconds: readNumber("--seconds", seconds, 1, 3_600),
        perSecond: readNumber("--rate", rate, 20, 1_000),
      },
      undo,
    ),
});

async function run(options: Options, undo: Undo): Promise<string[]> {
  printProgress("starting two replicas of each of seven services");
  const stage = await setStage(K0, undo);
  const load = new Load({ agent: stage.client, entry: stage.topology.root, perSecond: options.perSecond });
  await undo.add(() => load.requests.halt());
  const watch = new Watch();
  const watched = await Promise.race([rollAll(stage, load, watch, options), stage.died]);
  printProgress("strangers");
  const strangers = await Promise.all(strangersNow().map((stranger) => sendStranger(stranger, stage)));
  await stage.listen();
  const turnedAway = judgeTurnedAway(strangers, watch.look(stage.replicas));
  const accounts = stage.accounts();
  const steps = MOVES.map((move, i) => {
    const answered = load.answered.filter(({ step }) => step === move.title);
    return judgeStep(move, answered, watched[i] ?? [], accounts);
  });
  const services = reportServices(stage.replicas);
  printReport({ steps, services, strangers, load });
  return [
    ...load.requests.broken.map((broken) => `no answer of the entry: ${broken}`),
    ...[...steps, ...strangers].flatMap((report) => report.problems),
    ...turnedAway,
    ...judgeServices(services, stage.replicas),
  ];
}

/** Makes every move under load; what the replicas saw of each. */
async function rollAll(
  stage: Stage,
  load: Load,
  watch: Watch,
  { seconds, perSecond }: Options,
): Promise<Watched[][]> {
  const watched: Watched[][] = [];
  load.secrets = K0;
  load.requests.start();
  for (const { title, secrets, loses } of MOVES) {
    printProgress(title);
    load.step = title;
    if (secrets !== undefined) {
      // The client is one more that has to make every step.
      load.secrets = secrets;
      await stage.roll(secrets);
    }
    // Once everybody has gone the wrong way too, nothing is lost any more: that belongs to the next one.
    if (!loses) await load.requests.goOn(seconds * perSecond);
    await stage.listen();
    watched.push(watch.look(stage.replicas));
  }
  await load.requests.stop();
  return watched;
}

function strangersNow(): Stranger[] {
  const window = windowAt(Date.now());
  return [
    { title: "nobody's token", gets: false },
    { title: "a token of k1, gone since step 3", key: keyOf(K1, window), gets: false },
    { title: "a token of k2 by another secret", key: keyOf(secretOf("k2"), window), gets: false },
    { title: "a token of k2, 15 minutes old", key: keyOf(K2, window - 3), gets: false },
    { title: "a token of k2", key: keyOf(K2, window), gets: true },
  ];
}

function secretOf(keyId: string): string {
  return `${keyId}:${randomBytes(32).toString("hex")}`;
}
