// `npm run e2e:shop`: every failure of the shop's menu looks as expected.yaml says, in the answer and in Jaeger, and a deploy loses none.
import { readFileSync } from "node:fs";
import { formatTree } from "otel-error-tree";
import { parse } from "yaml";
import { readNames } from "../../../collector-config/program/arguments.ts";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { until } from "../../../collector-config/run/until.ts";
import { readTrace, type StoredSpan } from "../../../examples/lab/stored-span.ts";
import { FAILURES, type Failure } from "../../../examples/shop/failures.ts";
import { comparison, reportOf } from "../../../examples/shop/report.ts";
import { type Answer, Shop } from "../../../examples/shop/shop.ts";
import { Undo as ShopUndo } from "../../../examples/shop/undo.ts";
import { aligned } from "../../support/table.ts";
import { oddOrderProblems } from "./odd-orders.ts";

const NAMES = FAILURES.map(({ name }) => name);
const USAGE = `Usage: npm run e2e:shop -- [options]

Starts the shop of examples/shop with a Jaeger, switches on one failure of its menu after the other, and compares each tree with
the one in test/e2e/shop/expected.yaml, in the answer and in Jaeger. Then it sends orders that nobody would send. Everything is
stopped and removed at the end.

  --only NAMES  only these failures, separated by commas: ${NAMES.join(", ")}
  --show        prints what the menu tells of each
  --help        print this

Exit code 1 when anything is not as it should be.
`;

/** What a failure has to look like. */
interface Expected {
  readonly status: number;
  readonly answer?: string;
  readonly beside?: readonly string[];
  readonly compared?: string;
}

/** What was seen of a failure. */
interface Seen {
  readonly orders: number;
  readonly failed: number;
  readonly headerBytes: number;
  readonly spans: number;
  readonly wrong: readonly string[];
}

const EXPECTED = parse(readFileSync(new URL("./expected.yaml", import.meta.url), "utf8")) as Readonly<
  Record<string, Expected>
>;
/** Kafka, SQS and the exporters take their time, on a busy machine more of it. */
const ARRIVES_MS = 30_000;

await runProgram({
  name: "shop",
  usage: USAGE,
  options: { only: { type: "string" }, show: { type: "boolean", default: false } },
  verdict: "all as it should be",
  run: ({ only, show }, undo) => run(readNames("--only", only, NAMES), show, undo),
});

async function run(names: readonly string[], isShowing: boolean, undo: Undo): Promise<string[]> {
  const shopUndo = new ShopUndo();
  await undo.add(() => shopUndo.all());
  const shop = await Shop.start(shopUndo, printProgress);
  if (shop.jaegerUrl === undefined) throw new RunError("no Jaeger here: npm run tools -- --only jaeger");
  const rows = [["failure", "orders", "failed", "header bytes", "spans in Jaeger", ""]];
  const problems: string[] = [];
  for (const failure of FAILURES.filter(({ name }) => names.includes(name))) {
    const { orders, failed, headerBytes, spans, wrong } = await judge(shop, failure, isShowing);
    const word = wrong.length === 0 ? "ok" : "WRONG";
    rows.push([failure.name, ...[orders, failed, headerBytes, spans].map(String), word]);
    printProgress(`${failure.name}: ${word}`);
    problems.push(...wrong.map((text) => `${failure.name}: ${text}`));
  }
  print(aligned(rows, "texts"));
  return [...problems, ...(await oddOrderProblems(shop))];
}

async function judge(shop: Shop, failure: Failure, isShowing: boolean): Promise<Seen> {
  await failure.on?.(shop);
  const answers = await failure.meet(shop);
  const expected = EXPECTED[failure.name];
  const last = answers.at(-1) as Answer;
  const failed = answers.filter(({ status }) => status >= 500);
  const wrong: string[] = [];
  let spans = 0;
  try {
    if (expected !== undefined) wrong.push(...differences(expected, last));
    for (const answer of failed) spans += await wholeInJaeger(shop, answer, wrong);
    for (const text of expected?.beside ?? []) spans = await besideInJaeger(shop, last, text);
    if (expected?.compared !== undefined) {
      const text = await comparison(shop, last, answers[0] as Answer);
      if (!text.includes(expected.compared)) wrong.push(`compared:\n${text}\nhas no ${expected.compared}`);
    }
    if (failure.name === "deploy") wrong.push(...deployProblems(answers));
  } catch (error) {
    wrong.push((error as Error).message);
  }
  if (isShowing) print(await reportOf(shop, failure, answers));
  await failure.off?.(shop);
  const headerBytes = last.header?.length ?? 0;
  return { orders: answers.length, failed: failed.length, headerBytes, spans, wrong };
}

/** A deploy that met nobody, or of which nobody noticed anything, proves nothing. */
function deployProblems(answers: readonly Answer[]): string[] {
  const isAway = ({ tree }: Answer): boolean =>
    tree !== undefined && formatTree(tree).includes("[no response]");
  const wrong: string[] = [];
  if (!answers.some(isAway)) wrong.push("no order came while catalogue was away");
  if (answers.some(({ status }) => status < 500))
    wrong.push("an order went well, although the token has expired");
  return wrong;
}

function differences({ status, answer }: Expected, { status: given, tree }: Answer): string[] {
  const wrong = given === status ? [] : [`answered ${given}, not ${status}`];
  const text = tree === undefined ? "" : plain(formatTree(tree));
  const wanted = answer?.trimEnd() ?? "";
  if (text !== wanted) wrong.push(`the tree of the answer is\n${text}\nand not\n${wanted}`);
  return wrong;
}

/**
 * Waits until the trace of a failed order is in Jaeger, in one piece, and says the same as the answer.
 *
 * @returns how many spans it has
 */
async function wholeInJaeger(shop: Shop, { traceId, tree }: Answer, wrong: string[]): Promise<number> {
  if (tree === undefined) {
    wrong.push(`an order failed without a tree (trace ${traceId})`);
    return 0;
  }
  const services = servicesOf(tree.root);
  let spans: readonly StoredSpan[] = [];
  try {
    await until(
      `trace ${traceId} is in Jaeger, whole`,
      async () => {
        spans = await readTrace(shop.jaegerUrl ?? "", traceId);
        return incomplete(spans, services) === undefined;
      },
      ARRIVES_MS,
    );
  } catch (error) {
    wrong.push(`${(error as Error).message}: ${incomplete(spans, services)}`);
    return spans.length;
  }
  const text = String(spans.find(isEntry)?.attributes["error_tree.text"]);
  if (plain(text) !== plain(formatTree(tree)))
    wrong.push(
      `the tree in Jaeger is\n${plain(text)}\nand not that of the answer\n${plain(formatTree(tree))}`,
    );
  return spans.length;
}

/** What a trace lacks. */
function incomplete(spans: readonly StoredSpan[], services: ReadonlySet<string>): string | undefined {
  if (!spans.some(isEntry)) return "no span of the storefront has a tree";
  const there = new Set(spans.map(({ service }) => service));
  const absent = [...services].filter((service) => !there.has(service));
  if (absent.length > 0) return `no spans of ${absent.join(", ")}`;
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const orphan = spans.find(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
  return orphan && `the parent of ${orphan.service} ${orphan.name} is missing`;
}

function isEntry({ service, attributes }: StoredSpan): boolean {
  return service === "storefront" && attributes["error_tree.text"] !== undefined;
}

/** @returns how many spans the trace has */
async function besideInJaeger(shop: Shop, { traceId }: Answer, text: string): Promise<number> {
  let spans: readonly StoredSpan[] = [];
  let texts: readonly string[] = [];
  const wanted = text.trimEnd();
  await until(
    `trace ${traceId} has in Jaeger the tree\n${wanted}`,
    async () => {
      spans = await readTrace(shop.jaegerUrl ?? "", traceId);
      texts = spans
        .flatMap(({ attributes }) => attributes["error_tree.text"] ?? [])
        .map((one) => plain(String(one)));
      return texts.includes(wanted);
    },
    ARRIVES_MS,
  ).catch((error) => {
    const logged = [...shop.linesOf(traceId), ...shop.linesOfEnded()];
    throw new Error(
      `${error.message}\nbut only\n${texts.join("\n")}\nThe services logged of it\n${logged.join("\n")}`,
    );
  });
  return spans.length;
}

function servicesOf(root: { service: string; children: readonly (typeof root)[] }): Set<string> {
  return new Set([root.service, ...root.children.flatMap((child) => [...servicesOf(child)])]);
}

/** Without stack frames and causes, and with PORT for each port. */
function plain(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^[ │]*(?:at |caused by: )/.test(line))
    .join("\n")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .trimEnd();
}
