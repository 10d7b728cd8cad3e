// A program whose worker serves.
import { Worker } from "node:worker_threads";

const worker = new Worker(new URL("./in-worker.mjs", import.meta.url));
worker.on("message", (message) => process.send(message));
