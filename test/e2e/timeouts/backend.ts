// A backend that holds what real processes exported, and what a reader makes of it: `otel-error-tree render`.
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { redactText } from "../../../src/tree/redact-node.ts";
import { runCli } from "../../support/run-cli.ts";
import type { Sketch } from "../../support/services.ts";

/** A node as the command line prints it in JSON, reduced to what is told of a failure. */
type PrintedNode = Record<string, unknown> & { readonly children: readonly PrintedNode[] };

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly { traceId: string }[] }[];
  }[];
}

/** The receiver, and everything that came to it. */
export class Backend {
  readonly receiver: Receiver;
  readonly #requests: string[];

  private constructor(receiver: Receiver, requests: string[]) {
    this.receiver = receiver;
    this.#requests = requests;
  }

  static async start(): Promise<Backend> {
    const requests: string[] = [];
    return new Backend(await startReceiver({ onRequest: (json) => void requests.push(json) }), requests);
  }

  /** What one service exported of a trace, as the lines that the Collector's file exporter writes. */
  file(traceId: string, service?: string): string {
    const lines = this.#requests
      .map((json) => JSON.parse(json) as ExportRequest)
      .map(({ resourceSpans }) => ({
        resourceSpans: resourceSpans
          .filter(
            (one) => service === undefined || JSON.stringify(one).includes(`{"stringValue":"${service}"}`),
          )
          .map((one) => ({
            ...one,
            scopeSpans: one.scopeSpans.map((scope) => ({
              ...scope,
              spans: scope.spans.filter((span) => span.traceId === traceId),
            })),
          })),
      }));
    return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  }

  /** The trees that `otel-error-tree render` finds in a trace. */
  async trees(traceId: string): Promise<Sketch[]> {
    return await renderedTrees([], this.file(traceId));
  }
}

/** The trees that `otel-error-tree render` finds in files, or in a text. */
export async function renderedTrees(files: readonly string[], input = ""): Promise<Sketch[]> {
  const { code, out, err } = await runCli(["render", "--format", "json", ...files], input);
  if (code !== 0) throw new Error(err);
  return (JSON.parse(out) as { root: PrintedNode }[]).map(({ root }) => sketch(root));
}

/** What is derived, and what was judged: who sees both sides of a call knows more than one of them. */
const DERIVED = new Set([
  "origin",
  "drift",
  "spanId",
  "frames",
  "exported",
  "children",
  "own",
  "unsure",
  "way",
  "because",
]);

function sketch(node: PrintedNode): Sketch {
  // An exported span tells its message as it came, an answer what the redactor left of it.
  const facts = Object.entries(node)
    .filter(([name, value]) => !DERIVED.has(name) && !(name === "count" && value === 1))
    .map(([name, value]) => [name, name === "message" ? redactText(String(value)) : value]);
  return {
    ...Object.fromEntries(facts),
    ...(node.children.length === 0 ? undefined : { children: node.children.map(sketch) }),
  };
}
