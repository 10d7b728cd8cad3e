// Texts that are meant to keep the redactor busy: nothing is redacted that nobody sees, and the rest in bounded work.
import type { Result, Row } from "../row.ts";
import { askWithKey, SECRET, type Stage, type Victim } from "../stage.ts";

/** Fragments whose repetition has the redactor begin again, or might. */
const FRAGMENTS = [
  "jwt:jwt:://x@",
  "token=token=",
  "Bearer Bearer ",
  "a:b@c:d@",
  "//x:y@",
  'password: "password: "',
  "://:@",
  "=' '=",
  "eyJhbGciOi.eyJ",
  "AKIA0000 ",
  "0x0:0",
  "\\'\\\"",
  "key=a,key:",
  "é:secret ",
];
const BYTES = 8_192;
const LAYERS = 2;
/** Blocks of code for each character of a message, however long it is. */
const MOST_PER_CHARACTER = 256;
/** Texts so much longer take as much more work, but for passes that only a long text needs; by squares it were 16 times more. */
const TIMES = 16;
const MOST_PASSES = 5;

function repeated(fragment: string, bytes: number): string {
  return fragment.repeat(Math.ceil(bytes / fragment.length)).slice(0, bytes);
}

function plain(stage: Stage): Promise<Victim> {
  return stage.once("redaction", () => stage.victim({ COUNT_WORK: "true", COUNT_REDACTED: "true" }));
}

async function nobodyAsked(stage: Stage): Promise<Result> {
  const victim = await plain(stage);
  const harm: string[] = [];
  let redacting = 0;
  let longestMs = 0;
  for (const fragment of FRAGMENTS) {
    const body = repeated(fragment, BYTES);
    const seen = await victim.watch(() =>
      victim.visit({ job: "quote", args: { layers: LAYERS, status: 400 }, method: "POST", body }),
    );
    redacting += seen.redacting;
    longestMs = Math.max(longestMs, seen.blockMs);
    if (seen.redacting > 0)
      harm.push(
        `${seen.redacting} blocks of the redactor ran for "${fragment}" x ${BYTES}, ${seen.blockMs.toFixed(0)} ms`,
      );
  }
  const redacted = await victim.process.ask<number>("redacted");
  if (redacted > 0) harm.push(`the program's redact was called ${redacted} times`);
  return {
    seen: `${redacting} blocks, redact called ${redacted} times, longest block ${longestMs.toFixed(0)} ms`,
    harm,
  };
}

async function asked(stage: Stage): Promise<Result> {
  const victim = await stage.once("redaction, asked", () =>
    stage.victim({ COUNT_WORK: "true", OTEL_ERROR_TREE_SECRET: SECRET }),
  );
  const harm: string[] = [];
  let most = 0;
  let longestMs = 0;
  // What is compiled and made once is not counted.
  const look = (body: string): Promise<unknown> =>
    victim.visit({ job: "look", args: { status: 500 }, method: "POST", body, ask: askWithKey() });
  await look("warm");
  for (const fragment of FRAGMENTS) {
    const blocks: number[] = [];
    for (const bytes of [BYTES / TIMES, BYTES]) {
      const seen = await victim.watch(() => look(repeated(fragment, bytes)));
      blocks.push(seen.redacting);
      longestMs = Math.max(longestMs, seen.blockMs);
    }
    const [small = 0, whole = 0] = blocks;
    most = Math.max(most, whole / BYTES);
    if (whole > MOST_PASSES * TIMES * small + 1_000)
      harm.push(`"${fragment}": ${small} blocks for 512 characters, ${whole} for 8,192`);
    if (whole > MOST_PER_CHARACTER * BYTES) harm.push(`"${fragment}": ${whole} blocks for 8,192 characters`);
  }
  return {
    seen: `at most ${most.toFixed(1)} blocks a character, longest block ${longestMs.toFixed(0)} ms`,
    harm,
  };
}

async function once(stage: Stage): Promise<Result> {
  const victim = await stage.victim({ COUNT_REDACTED: "true", OTEL_ERROR_TREE_SECRET: SECRET });
  const args = { layers: 1, status: 500 };
  const visit = { job: "quote", args, method: "POST", body: "token=abc", ask: askWithKey() };
  const response = await victim.visit(visit);
  await victim.exported();
  const redacted = await victim.process.ask<number>("redacted");
  const nodes = (response.answers.join().match(/"service"/g) ?? []).length;
  const harm =
    redacted > nodes ? [`redact was called ${redacted} times for ${nodes} nodes in answer and export`] : [];
  await victim.process.stop();
  return { seen: `${redacted} calls for ${nodes} nodes`, harm };
}

export const REDACTION_ROWS: readonly Row[] = [
  {
    point: "redaction",
    attack: "400 that quotes 8 KB in two layers, nobody asks",
    expected: "the redactor does not run",
    run: nobodyAsked,
  },
  {
    point: "redaction",
    attack: "500 that quotes 8 KB, asked",
    expected: "work in proportion to the characters",
    run: asked,
  },
  {
    point: "redaction",
    attack: "a failure that is answered and exported",
    expected: "each node is redacted once",
    run: once,
  },
];
