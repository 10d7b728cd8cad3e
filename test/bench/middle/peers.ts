// Everything around the measured service, in one process: load generator, leaf and OTLP sink.
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { endWithParent, onAsk, tell } from "../../support/process/in-child.ts";
import { sendGrpcLoad, serveLeaf } from "./grpc-peers.ts";
import { createLeaf } from "./leaf.ts";
import { type Load, sendLoad } from "./load.ts";
import { Sink } from "./sink.ts";

/** What the peers say first. */
export interface PeersHello {
  readonly leafPort: number;
  readonly grpcLeafPort: number;
  readonly otlpUrl: string;
}

const sink = new Sink();
const leafPort = await listen(createLeaf());
const otlpUrl = `http://127.0.0.1:${await listen(sink.server)}/v1/traces`;

const grpcLeafPort = await serveLeaf();

onAsk({
  load: (load: Load) => awake(() => sendLoad(load)),
  grpcLoad: (load: Load) => awake(() => sendGrpcLoad(load)),
  exported: () => sink.take(),
});
endWithParent();
const peers: PeersHello = { leafPort, grpcLeafPort, otlpUrl };
tell({ peers });

/**
 * Keeps this process from sleeping while `work` goes on. To write to a process that sleeps costs the writer the time to wake it,
 * and peers sleep the more the slower the measured service is: what it costs would be counted twice.
 */
async function awake<T>(work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const again = (): void => {
    if (!isOver) setImmediate(again);
  };
  again();
  try {
    return await work();
  } finally {
    isOver = true;
  }
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}
