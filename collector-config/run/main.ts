// `npm run pipeline`: a Collector with Jaeger behind it, from .tools/, for as long as it is wanted.
import { once } from "node:events";
import { print, printProgress } from "../program/print.ts";
import { runProgram } from "../program/run-program.ts";
import { startSinglePipeline } from "./single.ts";

const USAGE = `Usage: npm run pipeline

Starts a Collector (collector-config/single.yaml) and a Jaeger behind it on free ports, prints where they are, and stops
them on Ctrl-C; the traces are gone then. Needs npm run tools, once.

  --help  print this
`;

await runProgram({
  usage: USAGE,
  options: {},
  async run(_options, undo) {
    if (process.send === undefined) printProgress("starting a Collector and Jaeger");
    const { collector, jaeger, stop } = await startSinglePipeline();
    await undo.add(stop);
    print(`OTLP over HTTP       ${collector.otlpHttp}\nquery API of Jaeger  ${jaeger.queryUrl}`);
    // A program that has started this one is told too, and takes it along when it ends.
    process.send?.({ otlpUrl: collector.otlpHttp, queryUrl: jaeger.queryUrl });
    await once(process, "disconnect");
    return [];
  },
});
