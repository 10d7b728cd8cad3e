// Leaf and load over gRPC, as services that take part would answer and send it.
import type * as Grpc from "@grpc/grpc-js";
import { createAnswerCodec } from "../../../src/wire/answer-codec.ts";
import { formatAsk, idOfAsk } from "../../../src/wire/header.ts";
import { bytesOfValue, METADATA_NAME } from "../../../src/wire/metadata-value.ts";
import { clientOf, grpc, OK, serveGrpc, UNAVAILABLE } from "./grpc-calls.ts";
import { failingAnswer } from "./leaf.ts";
import { hex16, isFailing, type Load, type LoadReport, RUN } from "./load.ts";

const BODY = Buffer.from(JSON.stringify({ order: 17, state: "shipped", lines: [{ article: "A-100" }] }));
const codec = createAnswerCodec();

/** Answers every call at once, and to whoever asks with its outcome; gives its port. */
export function serveLeaf(): Promise<number> {
  return serveGrpc((call, callback) => {
    const id = idOfAsk(call.metadata.get("x-error-tree")[0]);
    const trailers = new grpc.Metadata();
    const isFailed = String(call.request).startsWith("fail");
    if (id !== undefined) trailers.set(METADATA_NAME, answerTo(id, isFailed));
    if (isFailed) callback({ code: UNAVAILABLE, details: "the bank does not answer", metadata: trailers });
    else callback(null, BODY, trailers);
  });
}

function answerTo(id: string, isFailed: boolean): Buffer {
  if (!isFailed) return Buffer.from(`ok;id="${id}";s="leaf"`);
  const room = { treeBytes: 1024, minimalBytes: 256 };
  return bytesOfValue(
    codec.encode(failingAnswer("bench.Orders/Get"), { id, json: false }, room)?.value ?? "",
  );
}

/** Sends the load and waits for all answers; the metadata are those of {@link sendLoad}. */
export async function sendGrpcLoad(load: Load): Promise<LoadReport> {
  const report = { sampled: 0, ok: 0, answered: 0, strange: 0 };
  const client = clientOf(load.port);
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < load.requests) {
      const place = sent++;
      const spanId = hex16(place);
      const isSampled = place % load.sampledOneIn === 0;
      const fails = isFailing(place, load.errorPercent);
      if (isSampled) report.sampled++;
      const metadata = new grpc.Metadata();
      metadata.set("traceparent", `00-${hex16(RUN)}${spanId}-${spanId}-${isSampled ? "01" : "00"}`);
      if (load.from !== undefined) metadata.set("x-error-tree", formatAsk(spanId, load.from));
      const status = await call(Buffer.from(`${fails ? "fail" : "order"} ${place % 1000}`), metadata);
      if (status.code === (fails ? UNAVAILABLE : OK)) report.ok++;
      const [value] = status.metadata.get(METADATA_NAME);
      if (value === undefined) continue;
      const told = fails ? value[0] === 1 : String(value) === `ok;id="${spanId}";s="middle"`;
      if (told) report.answered++;
      else report.strange++;
    }
  };
  await Promise.all(Array.from({ length: Math.min(load.connections, load.requests) }, lane));
  client.close();
  return report;

  function call(message: Buffer, metadata: Grpc.Metadata): Promise<Grpc.StatusObject> {
    return new Promise((resolve) => client.get(message, metadata, () => {}).on("status", resolve));
  }
}
