// Declares `otel-error-tree demo`: its options and their help.
import type { Command } from "commander";
import { demo } from "../demo/demo.ts";
import { demoLive } from "../demo/live.ts";
import type { CommandEnvironment } from "../environment.ts";
import { addStyleOptions, integer, type StyleFlags, styleOf } from "./flags.ts";

interface DemoFlags extends StyleFlags {
  readonly live: boolean;
  readonly port: number;
}

/** Adds the command; `done` gets the exit code. */
export function addDemoCommand(
  program: Command,
  environment: CommandEnvironment,
  done: (code: number) => void,
): void {
  const command = program
    .command("demo")
    .summary("show a failure with and without its error tree, on three real services")
    .description(
      "Starts three services on free ports of this host, each a process of its own with the OpenTelemetry SDK, has a request " +
        "fail, and prints what its user sees and what the error tree says. Nothing has to be installed or configured.",
    )
    .option("--live", "keep the services, and serve a page with buttons for what fails, until Ctrl-C", false)
    .option("-p, --port <port>", "with --live: of the page (default: a free one)", integer(0, 65_535), 0);
  addStyleOptions(command).action(async ({ live, port, color, width }: DemoFlags) => {
    done(
      live
        ? await demoLive(port, environment)
        : await demo(styleOf({ color, width }, environment), environment),
    );
  });
}
