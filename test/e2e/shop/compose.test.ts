// The containers of the shop get what the services read: names, ports, addresses and the versions that `npm run shop` proves.
import { createHmac } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { handingOn } from "../../../collector-config/run/jaeger.ts";
import { PASSWORD } from "../../../collector-config/servers/postgresql.ts";
import { ROOT } from "../../../examples/shop/program.ts";

interface Service {
  readonly image: string;
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const { services, configs } = parse(read("examples/shop/compose.yaml"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
};
const FILES = globSync("examples/shop/services/*.ts", { cwd: ROOT }).filter((path) =>
  read(path).includes("process.env"),
);
const NAMES = FILES.map((path) => basename(path, ".ts"));

function environmentOf(name: string): Readonly<Record<string, string>> {
  const entries = Object.entries(services[name]?.environment ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

/** What a service reads from its environment, with the value that holds if it is not there. */
function readBy(file: string): Map<string, string> {
  const [, list = ""] = /const \{(.*?)\} = process\.env;/s.exec(read(file)) ?? [];
  return new Map([...list.matchAll(/(\w+) = "(.*?)"/g)].map(([, name = "", value = ""]) => [name, value]));
}

test("there are the services of the shop, and each is run as the README says", () => {
  expect(NAMES).toHaveLength(7);
  for (const name of NAMES) {
    expect(services[name]?.command).toBe(
      `node --import otel-error-tree/register examples/shop/services/${name}.ts`,
    );
    expect(environmentOf(name).OTEL_SERVICE_NAME).toBe(name);
  }
});

describe.each(FILES)("%s", (file) => {
  const name = basename(file, ".ts");
  const environment = environmentOf(name);

  test("is given everything that it reads", () => {
    const names = [...readBy(file).keys()];
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((one) => environment[one] === undefined)).toEqual([]);
  });

  test("listens where the others call it", () => {
    const port = readBy(file).get("PORT");
    expect(environment.PORT).toBe(port);
    const address = environment[name.toUpperCase()];
    if (address !== undefined) expect(address.replace(/^http:\/\//, "")).toBe(`${name}:${port}`);
  });

  test("waits for each server that has a health check", () => {
    for (const server of ["kafka", "rabbitmq", "redis", "postgresql", "elasticmq"]) {
      const condition = services[server]?.healthcheck === undefined ? "service_started" : "service_healthy";
      expect(services[name]?.depends_on?.[server]).toEqual({ condition });
    }
  });
});

test("the services have the variables of OpenTelemetry that `npm run shop` gives them", () => {
  const given = [...read("examples/shop/shop.ts").matchAll(/\b(OTEL_\w+):/g)].map(([, name = ""]) => name);
  expect(given.length).toBeGreaterThan(10);
  const here = Object.keys(environmentOf("payment")).filter((name) => name.startsWith("OTEL_"));
  expect(here.sort()).toEqual([...new Set(given)].sort());
});

test("every address names a service, and a port on which it listens", () => {
  // Of images: as their documentation says. Of Jaeger and the observatory: as their configuration and command line say.
  const listening: Readonly<Record<string, number>> = {
    kafka: 9092,
    rabbitmq: 5672,
    redis: 6379,
    elasticmq: 9324,
    postgresql: 5432,
    warehouse: 8081,
    catalogue: 8082,
    payment: 8083,
    jaeger: 4318,
  };
  const values = [
    "KAFKA",
    "RABBITMQ",
    "REDIS",
    "SQS",
    "WAREHOUSE",
    "CATALOGUE",
    "PAYMENT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
  ].map((name) => environmentOf("orders")[name] ?? "");
  for (const value of values) {
    const [host = "", port] = value.replace(/^http:\/\//, "").split(":");
    expect(services).toHaveProperty(host);
    expect(Number(port)).toBe(listening[host]);
  }
  expect(environmentOf("kafka").KAFKA_ADVERTISED_LISTENERS).toBe(
    `PLAINTEXT://${environmentOf("orders").KAFKA}`,
  );
  expect(environmentOf("orders").POSTGRESQL).toBe(`postgres://tester:${PASSWORD}@postgresql/postgres`);
  expect(environmentOf("postgresql")).toEqual({
    POSTGRES_USER: "tester",
    POSTGRES_PASSWORD: PASSWORD,
    POSTGRES_DB: "postgres",
  });
});

test("catalogue's token is one of payment's, and good until 2100", () => {
  const { TOKEN_KEY = "", TOKEN_FILE } = environmentOf("payment");
  expect(services.catalogue?.configs).toEqual([{ source: "token", target: TOKEN_FILE }]);
  const [until = "", signature] = String(configs.token?.content).split(".");
  expect(signature).toBe(createHmac("sha256", TOKEN_KEY).update(until).digest("base64url"));
  expect(new Date(Number(until) * 1000).getUTCFullYear()).toBe(2100);
});

test("Jaeger has its configuration, and hands on to the observatory as in `npm run shop`", () => {
  const { command = [], configs: given } = services.jaeger ?? {};
  for (const file of ["jaeger.yaml", "stores/memory.yaml"]) {
    expect(command).toContain(`--config=/etc/jaeger/${file}`);
    expect(existsSync(join(ROOT, "collector-config", file))).toBe(true);
  }
  expect(given).toEqual([{ source: "also", target: "/etc/jaeger-also.yaml" }]);
  expect(command).toContain("--config=/etc/jaeger-also.yaml");
  const also = parse(String(configs.also?.content)) as { exporters: Record<string, Record<string, unknown>> };
  const token = environmentOf("observatory").ERROR_TREE_OBSERVATORY_TOKEN;
  expect(also.exporters["otlphttp/also"]?.headers).toEqual({ authorization: `Bearer ${token}` });
  delete also.exporters["otlphttp/also"]?.headers;
  expect(also).toEqual(handingOn("http://observatory:4318"));
});

test("images have exact versions: those of `npm run tools` where it brings the same", () => {
  const images = Object.values(services).map(({ image }) => image);
  for (const image of images.filter((one) => one !== "error-tree-shop"))
    expect(image).toMatch(/^[\w/-]+:\d+(?:\.\d+)+$/);
  const version = (file: string, pattern: RegExp): string =>
    pattern.exec(read(`collector-config/tools/${file}`))?.[1] ?? "none";
  expect(services.kafka?.image).toBe(`apache/kafka:${version("kafka/pom.xml", /<kafka\.version>(.*?)</)}`);
  expect(services.elasticmq?.image).toBe(
    `softwaremill/elasticmq-native:${version("elasticmq/pom.xml", /<elasticmq\.version>(.*?)</)}`,
  );
  expect(services.jaeger?.image).toBe(
    `jaegertracing/jaeger:${version("go-tools.ts", /JAEGER_VERSION = "(.*)"/)}`,
  );
});

test("only this host reaches the ports, and the image has what its build needs", () => {
  const ports = Object.values(services).flatMap(({ ports = [] }) => ports);
  expect(ports).toEqual(["127.0.0.1:16686:16686", "127.0.0.1:4318:4318", "127.0.0.1:8080:8080"]);
  const { build } = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;
  const copied = [...read("examples/lab/Dockerfile").matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, list = ""]) =>
    list.split(" "),
  );
  const needed = [...(build ?? "").matchAll(/(?:node|--project) (\S+)/g)].map(([, path = ""]) => path);
  expect(needed.length).toBeGreaterThan(3);
  expect(needed.filter((path) => !copied.some((one) => path === one || path.startsWith(`${one}/`)))).toEqual(
    [],
  );
});
