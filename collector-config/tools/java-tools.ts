// Servers that are jars from Maven Central, run by the Java that is installed: Kafka, and ElasticMQ, which speaks SQS.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../program/find-program.ts";
import { RunError } from "../program/run-error.ts";
import { PINS, PROGRAMS } from "./files.ts";
import type { Tool } from "./tool.ts";

const PRODUCTS = { kafka: "Kafka", elasticmq: "ElasticMQ" } as const;

export const KAFKA: Tool = jars("kafka", "half a minute");
export const ELASTICMQ: Tool = jars("elasticmq", "ten seconds");

function jars(name: "kafka" | "elasticmq", takes: string): Tool {
  const pom = join(PINS, name, "pom.xml");
  const folder = PROGRAMS[name];
  return {
    name,
    takes,
    pins: [pom],
    brings: [folder],
    async install(run) {
      for (const [program, debianPackage] of [
        ["java", "default-jre-headless"],
        ["mvn", "maven"],
      ] as const) {
        if (findProgram(program) === undefined)
          throw new RunError(
            `${PRODUCTS[name]} needs ${program} on the path: Java 17 or newer and Maven (apt-get install ${debianPackage})`,
          );
      }
      const version = new RegExp(`<${name}\\.version>(.*?)<`).exec(readFileSync(pom, "utf8"))?.[1];
      if (version === undefined) throw new RunError(`${pom} names no ${name}.version`);
      rmSync(folder, { recursive: true, force: true });
      // Strict: a jar whose checksum is wrong is refused.
      const options = ["-B", "-q", "-C", "-f", pom];
      await run({
        program: "mvn",
        args: [...options, "dependency:copy-dependencies", `-DoutputDirectory=${folder}`],
        // Its own folder below the system's one for temporary files would stay.
        environment: { MAVEN_OPTS: `${process.env.MAVEN_OPTS ?? ""} -XX:-UsePerfData` },
      });
      return version;
    },
  };
}
