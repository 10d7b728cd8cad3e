// Variables that are wrong: the service starts all the same, says which one and what holds instead, and never a secret.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Result, Row } from "../row.ts";
import { askWithKey, SECRET, type Stage, type Victim } from "../stage.ts";

const REST = "0123456789abcdefghijklmnopqrstuv";
/** Any eight characters of a secret are a part of it. */
const PART = 8;

/** Variables with values that are none, in three tries so that few processes are started. */
const MISTYPED: readonly Readonly<Record<string, string>>[] = [
  {
    OTEL_ERROR_TREE_HEADER_BYTES: "abc",
    OTEL_ERROR_TREE_TRUST: "Loopbak",
    OTEL_ERROR_TREE_TRUSTED_PEERS: "10.0.0.0/99",
    OTEL_ERROR_TREE_ASK_HOSTS: "http://example.com/",
    OTEL_ERROR_TREE_ENTRY: "yes",
    OTEL_ERROR_TREE_MESSAGES: "0",
    OTEL_ERROR_TREE_FRAMES: "off",
    OTEL_ERROR_TREE_SERVER_TIMING: "all",
    OTEL_ERROR_TREE_MAX_SPANS_PER_FRAGMENT: "1",
    OTEL_ERROR_TREE_MAX_FRAGMENTS: "-1",
    OTEL_ERROR_TREE_FRAGMENT_TIMEOUT_MS: "5s",
  },
  {
    OTEL_ERROR_TREE_HEADER_BYTES: "4096",
    OTEL_ERROR_TREE_TRUST: "everyone",
    OTEL_ERROR_TREE_EXPORT_HANDLED: "ja",
    OTEL_ERROR_TREE_EXPORT_REJECTED: "1",
    OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "NaN",
    OTEL_ERROR_TREE_MAX_QUEUED_SPANS: "0x10g",
    OTEL_ERROR_TREE_DISABLED: "no",
  },
];

/** Secrets that are none, each with the parts that may stand in no log. */
const BAD_SECRETS: readonly string[] = [
  `k1:${REST},k2:short-secret-of-few`,
  `k1:${REST},k2`,
  `k1:${REST},k1:${REST.toUpperCase()}`,
  `k1:${REST},k2:${REST},k3:${REST}`,
  `no colon in ${REST}`,
  `${REST}:${REST}`,
  `k1:${REST} with spaces`,
  `k1:${REST}\u00e9`,
  `${REST}`,
  `"k1:${REST}"`,
];

async function mistyped(stage: Stage): Promise<Result> {
  const harm: string[] = [];
  let variables = 0;
  for (const env of MISTYPED) {
    const started = await startOf(stage, env, harm);
    if (started === undefined) continue;
    const log = await logOf(started);
    for (const [name, value] of Object.entries(env)) {
      variables++;
      if (name.endsWith("DISABLED")) continue;
      const line = log.find((one) => one.includes(name));
      if (line === undefined) harm.push(`nothing in the log of ${name}=${value}`);
      else if (!line.includes(value)) harm.push(`the line of ${name} does not tell ${value}: ${line}`);
    }
    // Trust that is mistyped is no trust.
    const { answers, status } = await started.visit({
      job: "status",
      args: { status: 500 },
      ask: "v=1, f=json",
    });
    if (status !== 500) harm.push(`the service does not serve: ${status}`);
    if (answers.length > 0) harm.push("an ask was answered although the rule is none");
    await started.process.stop();
  }
  return { seen: `${variables} variables in ${MISTYPED.length} services, ${harm.length} harmed`, harm };
}

async function badSecrets(stage: Stage): Promise<Result> {
  const harm: string[] = [];
  for (const secret of BAD_SECRETS) {
    const env = { OTEL_ERROR_TREE_SECRET: secret };
    const started = await startOf(stage, env, harm);
    if (started === undefined) continue;
    const log = (await logOf(started)).join("\n") + started.process.printed;
    if (!log.includes("OTEL_ERROR_TREE_SECRET")) harm.push(`nothing in the log of ${JSON.stringify(secret)}`);
    const part = partIn(log, REST) ?? partIn(log, REST.toUpperCase()) ?? partIn(log, "short-secret-of-few");
    if (part !== undefined) harm.push(`the log of ${JSON.stringify(secret)} holds "${part}"`);
    const { answers } = await started.visit({ job: "status", args: { status: 500 }, ask: "v=1, f=json" });
    if (answers.length > 0)
      harm.push(`answered without a token where the secret is ${JSON.stringify(secret)}`);
    await started.process.stop();
  }
  return { seen: `${BAD_SECRETS.length} secrets, ${harm.length} harmed`, harm };
}

async function secretFiles(stage: Stage): Promise<Result> {
  const harm: string[] = [];
  const file = join(stage.folder, "secret");
  writeFileSync(file, `${SECRET}\n`, { mode: 0o400 });
  const good = await startOf(stage, { OTEL_ERROR_TREE_SECRET_FILE: file }, harm);
  const broken = { job: "status", args: { status: 500 } } as const;
  if (good !== undefined) {
    const { answers } = await good.visit({ ...broken, ask: askWithKey() });
    if (!answers.join().startsWith("{")) harm.push("a token made with the mounted secret was not answered");
    const { answers: none } = await good.visit({ ...broken, ask: "v=1, f=json" });
    if (none.length > 0) harm.push("answered without a token");
    await good.process.stop();
  }
  const bad = join(stage.folder, "bad-secret");
  writeFileSync(bad, `k1:${REST}\nk2:${REST.slice(0, 20)}\n`);
  const empty = join(stage.folder, "empty");
  writeFileSync(empty, "");
  const large = join(stage.folder, "large");
  writeFileSync(large, "x".repeat(5_000_000));
  for (const path of [join(stage.folder, "absent"), stage.folder, bad, empty, large, "/dev/zero"]) {
    const victim = await startOf(stage, { OTEL_ERROR_TREE_SECRET_FILE: path }, harm);
    if (victim === undefined) continue;
    const log = (await logOf(victim)).join("\n") + victim.process.printed;
    if (!log.includes("OTEL_ERROR_TREE_SECRET_FILE")) harm.push(`nothing in the log of ${path}`);
    const part = partIn(log, REST);
    if (part !== undefined) harm.push(`the log of ${path} holds "${part}"`);
    const { answers } = await victim.visit({ ...broken, ask: "v=1, f=json" });
    if (answers.length > 0) harm.push(`answered without a token where the file is ${path}`);
    await victim.process.stop();
  }
  return { seen: `7 files, ${harm.length} harmed`, harm };
}

/** The service, if it starts. */
async function startOf(
  stage: Stage,
  env: Readonly<Record<string, string>>,
  harm: string[],
): Promise<Victim | undefined> {
  try {
    return await stage.victim(env);
  } catch (error) {
    const line = /(?:Error|OptionError): .*/.exec((error as Error).message)?.[0];
    harm.push(`does not start with ${Object.keys(env).join(", ").slice(0, 60)}: ${line}`);
    return undefined;
  }
}

function logOf(victim: Victim): Promise<string[]> {
  return victim.process.ask("diagnostics");
}

function partIn(text: string, secret: string): string | undefined {
  for (let at = 0; at + PART <= secret.length; at++) {
    const part = secret.slice(at, at + PART);
    if (text.includes(part)) return part;
  }
  return undefined;
}

const EXPECTED = "starts, the log names the variable, no part of a secret";

export const SETUP_ROWS: readonly Row[] = [
  { point: "set-up", attack: "mistyped variables", expected: EXPECTED, run: mistyped },
  {
    point: "set-up",
    attack: "secrets that are none",
    long: true,
    expected: `${EXPECTED}, no trust`,
    run: badSecrets,
  },
  {
    point: "set-up",
    attack: "OTEL_ERROR_TREE_SECRET_FILE, good and bad",
    expected: EXPECTED,
    run: secretFiles,
  },
];
