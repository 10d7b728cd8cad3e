// Starts a program as the shop does, or the observatory as the lab does, says where that listens, and waits.
import { Observatory } from "../../../examples/lab/observatory.ts";
import { Program } from "../../../examples/shop/program.ts";

const SERVES =
  'server = require("net").createServer().listen(0, "127.0.0.1", () => console.log("up", server.address().port))';

process.send?.({ port: process.argv[2] === "shop" ? await portOfProgram() : await portOfObservatory() });

async function portOfProgram(): Promise<number> {
  const program = new Program({ name: "one", args: ["--eval", SERVES], env: {}, ready: "up" });
  await program.start();
  return Number(program.lines[0]?.split(" ")[1]);
}

async function portOfObservatory(): Promise<number> {
  const { url } = await Observatory.start(0, undefined);
  return Number(new URL(url).port);
}
