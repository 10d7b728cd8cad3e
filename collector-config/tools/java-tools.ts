// A Kafka broker: jars from Maven Central, run by the Java that is installed.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../program/find-program.ts";
import { RunError } from "../program/run-error.ts";
import { PINS, PROGRAMS } from "./files.ts";
import type { Tool } from "./tool.ts";

const POM = join(PINS, "kafka", "pom.xml");

export const KAFKA: Tool = {
  name: "kafka",
  takes: "half a minute",
  pins: [POM],
  brings: [PROGRAMS.kafka],
  async install(run) {
    for (const [program, debianPackage] of [
      ["java", "default-jre-headless"],
      ["mvn", "maven"],
    ] as const) {
      if (findProgram(program) === undefined)
        throw new RunError(
          `Kafka needs ${program} on the path: Java 17 or newer and Maven (apt-get install ${debianPackage})`,
        );
    }
    const version = /<kafka\.version>(.*?)</.exec(readFileSync(POM, "utf8"))?.[1];
    if (version === undefined) throw new RunError(`${POM} names no kafka.version`);
    rmSync(PROGRAMS.kafka, { recursive: true, force: true });
    await run({
      program: "mvn",
      // Strict: a jar whose checksum is wrong is refused.
      args: [
        "-B",
        "-q",
        "-C",
        "-f",
        POM,
        "dependency:copy-dependencies",
        `-DoutputDirectory=${PROGRAMS.kafka}`,
      ],
    });
    return version;
  },
};
