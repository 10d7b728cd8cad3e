// Peers without a program behind them: nobody listens, or nobody ever answers.
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import type { Undo } from "../../../collector-config/program/undo.ts";

/** Base URLs. */
export interface Strangers {
  /** A port on which nobody listens. */
  readonly refused: string;
  /** Takes what comes and never answers. */
  readonly blackhole: string;
}

export async function startStrangers(undo: Undo): Promise<Strangers> {
  const silent = net.createServer((socket) => void socket.on("error", () => {}).resume());
  const blackhole = await listen(silent);
  await undo.add(() => void silent.close());
  const closed = net.createServer();
  const refused = await listen(closed);
  await once(closed.close(), "close");
  return { blackhole, refused };
}

async function listen(server: net.Server): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
