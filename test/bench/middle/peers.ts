// Everything around the measured service, in one process: load generator, leaf and OTLP sink.
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { answerQuestions } from "../child.ts";
import { createLeaf } from "./leaf.ts";
import { type Load, type LoadReport, sendLoad } from "./load.ts";
import { Sink, type SinkCounts } from "./sink.ts";

/** What the peers say first. */
export interface PeersHello {
  readonly leafPort: number;
  readonly otlpUrl: string;
}

/** A load to be sent, or the question what was exported since it was asked last. */
export type PeersQuestion = { readonly load: Load } | "exported";

const sink = new Sink();
const leafPort = await listen(createLeaf());
const otlpUrl = `http://127.0.0.1:${await listen(sink.server)}/v1/traces`;

answerQuestions<PeersQuestion, LoadReport | SinkCounts>({ leafPort, otlpUrl }, async (question) =>
  question === "exported" ? sink.take() : sendLoad(question.load),
);

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}
