// A server and a client of grpc-js that know nothing of error trees, started with register: `peer.ts serve`, `peer.ts call TARGET …`.
import { readFileSync } from "node:fs";
import * as grpc from "@grpc/grpc-js";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { bytesService } from "../../support/grpc-bytes.ts";
import { CALLS, type Kind, type Report, type Script } from "./scripts.ts";

const FIELD = "x-error-tree-bin";
const WELL = Buffer.from("well");

const SERVICE = bytesService("peer.Peer");

type Stream = grpc.ServerDuplexStream<Buffer, Buffer>;

/** Words of a text that people wrote: a redactor takes words made at random for secrets. */
const words = [
  ...new Set(readFileSync(new URL("../../../README.md", import.meta.url), "utf8").match(/\b[a-z]{3,10}\b/g)),
];

function someWords(): string {
  return Array.from({ length: 9 }, () => words[Math.floor(Math.random() * words.length)]).join(" ");
}

/** Fails in so many steps that the tree fills what an answer may take. */
function failInSteps(): void {
  const tracer = trace.getTracer("peer");
  for (let i = 0; i < 260; i++) {
    tracer.startSpan(someWords()).setStatus({ code: SpanStatusCode.ERROR, message: someWords() }).end();
  }
}

function trailersOf(script: Script): grpc.Metadata {
  const trailers = new grpc.Metadata();
  trailers.set("from", script.name ?? "");
  if (script.details_bin !== undefined) {
    trailers.set("grpc-status-details-bin", Buffer.from(script.details_bin, "base64"));
  }
  if (script.filler !== undefined) trailers.set("filler", "x".repeat(script.filler));
  return trailers;
}

function answer(message: Buffer, callback: grpc.sendUnaryData<Buffer>): void {
  const script = JSON.parse(String(message)) as Script;
  if (script.code === 13) failInSteps();
  const metadata = trailersOf(script);
  if (script.code === 0) callback(null, WELL, metadata);
  else callback({ code: script.code, details: script.details, metadata });
}

function end(message: Buffer, stream: Stream): void {
  const script = JSON.parse(String(message)) as Script;
  if (script.code === 13) failInSteps();
  const metadata = trailersOf(script);
  if (script.code === 0) stream.end(metadata);
  else stream.emit("error", { code: script.code, details: script.details, metadata });
}

function firstOf(stream: NodeJS.ReadableStream, then: (first: Buffer) => void, each = (): void => {}): void {
  let first: Buffer | undefined;
  stream.on("data", (message: Buffer) => {
    first ??= message;
    each();
  });
  stream.on("end", () => then(first ?? Buffer.from("{}")));
}

function serve(): void {
  const server = new grpc.Server();
  server.addService(SERVICE, {
    Unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, callback: grpc.sendUnaryData<Buffer>) =>
      answer(call.request, callback),
    ClientStream: (call: grpc.ServerReadableStream<Buffer, Buffer>, callback: grpc.sendUnaryData<Buffer>) =>
      firstOf(call, (first) => answer(first, callback)),
    ServerStream: (call: Stream & { readonly request: Buffer }) => {
      for (let i = 0; i < 3; i++) call.write(WELL);
      end(call.request, call);
    },
    Bidi: (call: Stream) =>
      firstOf(
        call,
        (first) => end(first, call),
        () => call.write(WELL),
      ),
  } as unknown as grpc.UntypedServiceImplementation);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${JSON.stringify({ port })}\n`);
  });
  process.stdin.on("end", () => process.exit()).resume();
}

type Method = (...args: unknown[]) => grpc.ClientDuplexStream<Buffer, Buffer>;

async function callAll(
  target: string,
  calls: number,
  atOnce: number,
  scripts: readonly Script[],
): Promise<Report> {
  const Client = grpc.makeGenericClientConstructor(SERVICE, "peer.Peer");
  const client = new Client(target, grpc.credentials.createInsecure()) as unknown as Record<Kind, Method>;
  const report = { calls: 0, harmed: 0, examples: [] as string[], answers: 0, longest: 0 };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < calls; index = next++) {
      const kind = CALLS[Math.floor(index / scripts.length) % CALLS.length] as Kind;
      const script = { ...(scripts[index % scripts.length] as Script), name: `call-${index}` };
      const wrong = await callOnce(client, kind, script);
      report.calls++;
      if (wrong.length === 0) continue;
      report.harmed++;
      if (report.examples.length < 5) report.examples.push(`${script.name}: ${wrong.join("; ")}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return report;
}

function callOnce(client: Record<Kind, Method>, kind: Kind, script: Script): Promise<string[]> {
  const { requestStream, responseStream } = SERVICE[kind];
  const message = Buffer.from(JSON.stringify(script));
  return new Promise((resolve) => {
    const call = client[kind](
      ...(requestStream ? [] : [message]),
      new grpc.Metadata(),
      { deadline: Date.now() + 20_000 },
      ...(responseStream ? [] : [() => {}]),
    );
    call.on("status", (status: grpc.StatusObject) => resolve(wrongWith(script, status)));
    if (responseStream) call.on("error", () => {}).resume();
    if (requestStream) {
      call.write(message);
      call.write(message);
      call.end();
    }
  });
}

function wrongWith(script: Script, { code, details, metadata }: grpc.StatusObject): string[] {
  const wrong: string[] = [];
  const trailers = metadata.getMap();
  if (code !== script.code) wrong.push(`${code} in place of ${script.code}: ${details}`);
  else if (code !== 0 && details !== script.details) wrong.push(`details ${details}`);
  if (trailers.from !== script.name || `${trailers.filler ?? ""}`.length !== (script.filler ?? 0)) {
    wrong.push(`trailers ${Object.keys(trailers)}`);
  }
  const rich = trailers["grpc-status-details-bin"];
  if ((rich === undefined ? undefined : Buffer.from(rich).toString("base64")) !== script.details_bin) {
    wrong.push("other rich details");
  }
  if (trailers[FIELD] !== undefined) wrong.push("the program sees an answer");
  return wrong;
}

const [command, target = "", calls, atOnce, , scripts = "[]"] = process.argv.slice(2);
if (command === "serve") serve();
else {
  const report = await callAll(target, Number(calls), Number(atOnce), JSON.parse(scripts) as Script[]);
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());
}
