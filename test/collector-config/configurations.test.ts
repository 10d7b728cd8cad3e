// What the configurations of the pipelines have to agree on among themselves, and with the library.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CONFIGURATIONS } from "../../collector-config/tools/files.ts";
import { PIPELINES, STORES } from "../../collector-config/tools/pipelines.ts";
import { FORCED_ATTRIBUTES } from "../../src/export/spans/forced-span.ts";

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      { readonly image: string; readonly command?: readonly string[]; readonly profiles?: readonly string[] }
    >
  >;
}

const compose = parse(read("compose.yaml"), { merge: true }) as Compose;

function read(file: string): string {
  return readFileSync(join(CONFIGURATIONS, file), "utf8");
}

function imageOf(service: string): string | undefined {
  return compose.services[service]?.image;
}

describe("versions", () => {
  const [, collector] = /^ {2}version: (.*)$/m.exec(read("builder.yaml")) ?? [];
  const goTools = read("tools/go-tools.ts");

  test("the Collector's is the same in builder.yaml, its modules, the builder, the tools and the image", () => {
    expect(goTools).toContain(`COLLECTOR_VERSION = "${collector}"`);
    expect(imageOf("collector")).toBe(`otel/opentelemetry-collector-contrib:${collector}`);
    expect(read("tools/builder/go.mod")).toContain(`go.opentelemetry.io/collector/cmd/builder v${collector}`);
    const components = read("builder.yaml").match(/- gomod: \S+ \S+/g) ?? [];
    expect(components.length).toBeGreaterThan(10);
    for (const component of components) {
      const [, , module, version] = component.split(" ");
      // The providers have had their first stable version.
      expect(version).toBe(module?.includes("/provider/") ? "v1.64.0" : `v${collector}`);
      expect(read("tools/collector/go.mod")).toContain(`\t${module} ${version}\n`);
    }
  });

  test("Jaeger's and Kafka's are the same in the tools and the images", () => {
    const [, jaeger] = /JAEGER_VERSION = "(.*)"/.exec(goTools) ?? [];
    expect(imageOf("jaeger")).toBe(`jaegertracing/jaeger:${jaeger}`);
    // Jaeger 2.13.0 is the Go module v1.76.0: both count on together.
    expect(jaeger).toBe("2.13.0");
    expect(read("tools/jaeger/go.mod")).toContain("\tgithub.com/jaegertracing/jaeger v1.76.0 ");
    const [, kafka] = /<kafka\.version>(.*)</.exec(read("tools/kafka/pom.xml")) ?? [];
    expect(imageOf("kafka")).toBe(`apache/kafka:${kafka}`);
  });
});

describe("redaction", () => {
  const { redaction } = (
    parse(read("common.yaml")) as { processors: { redaction: Record<string, string[]> } }
  ).processors;
  const blocked = (redaction?.blocked_values ?? []).map((pattern) => {
    const [, flags = "", rest = ""] = /^(?:\(\?([is]+)\))?(.*)$/s.exec(pattern) ?? [];
    return new RegExp(rest, flags);
  });
  const allowed = new RegExp(redaction?.allowed_values?.[0] as string);

  test("what is allowed without a further look is nothing that is taken out", () => {
    expect(blocked.length).toBeGreaterThan(15);
    expect(redaction?.allowed_values).toHaveLength(1);
    // Beginnings and parts of what is secret, and all characters that an allowed value may have.
    const parts =
      "eyJ . - / _ a Z 0 4 5 password token secret AKIA ASIA ghp_ glpat- sk_live_ xoxb- 4111 1111 bearer in values";
    const word = fc.array(fc.oneof(fc.constantFrom(...parts.split(" ")), fc.string({ maxLength: 3 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(word, (some) => {
        const value = some.join("");
        for (let end = value.length; end >= 0; end--) {
          const text = value.slice(0, end);
          if (allowed.test(text)) expect(blocked.filter((pattern) => pattern.test(text))).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
    for (const text of ["GET", "127.0.0.1", "200", "/orders/17"]) expect(text).toMatch(allowed);
    for (const text of ["token=s3cr3t", "a:b", "x y", "one that is longer"])
      expect(text).not.toMatch(allowed);
  });
});

describe("files", () => {
  test("every configuration of a Collector and every store is among those that are checked", () => {
    const collectors = readdirSync(CONFIGURATIONS).filter(
      (file) => file !== "common.yaml" && file.endsWith(".yaml") && read(file).includes("After common.yaml"),
    );
    expect(collectors.sort()).toEqual(PIPELINES.map((name) => `${name}.yaml`).sort());
    expect(readdirSync(join(CONFIGURATIONS, "stores")).sort()).toEqual(
      STORES.map((name) => `${name}.yaml`).sort(),
    );
  });

  test("every container reads files that are there", () => {
    for (const { command = [] } of Object.values(compose.services)) {
      for (const argument of command) {
        const [, file] = /=\/etc\/(?:otelcol|jaeger|prometheus)\/(.*)$/.exec(argument) ?? [];
        if (file !== undefined) expect(existsSync(join(CONFIGURATIONS, file)), file).toBe(true);
      }
    }
  });

  test("every Collector and Jaeger in containers is one that Prometheus asks", () => {
    const { scrape_configs: jobs } = parse(read("prometheus.yaml")) as {
      scrape_configs: { dns_sd_configs: { names: string[] }[] }[];
    };
    const asked = new Set(jobs.flatMap((job) => job.dns_sd_configs.flatMap(({ names }) => names)));
    const running = Object.entries(compose.services).filter(([, { image }]) =>
      /collector|jaeger/.test(image),
    );
    expect([...asked].sort()).toEqual(running.map(([name]) => name).sort());
  });
});

test("the gateway recognises forced spans by the attribute that the library gives them", () => {
  const [[name, value] = []] = Object.entries(FORCED_ATTRIBUTES);
  const gateway = parse(read("gateway.yaml")) as {
    processors: Record<string, { trace_conditions: string[]; policies: { numeric_attribute?: object }[] }>;
  };
  const { processors } = gateway;
  expect(processors["filter/forced"]?.trace_conditions).toEqual([`span.attributes["${name}"] != ${value}`]);
  expect(processors["filter/rest"]?.trace_conditions).toEqual([`span.attributes["${name}"] == ${value}`]);
  expect(processors.tail_sampling?.policies[0]?.numeric_attribute).toEqual({
    key: name,
    min_value: value,
    max_value: value,
  });
});
