// A service starts and serves whatever its environment says, and its log says what is wrong there.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { askOf, keyOf, OURS, responseTo, SECRET, startShop, warningsIn } from "./wire.ts";

const OTHER = { keyId: "k2", secret: "7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ7ZXQ" };
const TEXTS = [OURS, OTHER].map(({ keyId, secret }) => `${keyId}:${secret}`);

function undoAfterTest(): Undo {
  const undo = new Undo();
  onTestFinished(() => undo.all());
  return undo;
}

const WRONG: Readonly<Record<string, string>> = {
  OTEL_ERROR_TREE_HEADER_BYTES: "abc",
  OTEL_ERROR_TREE_TRUST: "Loopback",
  OTEL_ERROR_TREE_TRUSTED_PEERS: "10.0.0.0/33",
  OTEL_ERROR_TREE_ASK_HOSTS: "*.example.com",
  OTEL_ERROR_TREE_ENTRY: "yes",
  OTEL_ERROR_TREE_MESSAGES: "on",
  OTEL_ERROR_TREE_SERVER_TIMING: "Everyone",
  OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "-1",
  OTEL_ERROR_TREE_DISABLED: "0",
  OTEL_PROPAGATORS: "w3c,tracecontext",
  OTEL_TRACES_SAMPLER_ARG: "many",
  OTEL_TRACES_EXPORTER: "carrier-pigeon",
};

test("with every variable wrong it answers whose token is right, and nobody else", async () => {
  const secrets = `${TEXTS[0]},hunter2hunter2`;
  const shop = await startShop({ ...WRONG, OTEL_ERROR_TREE_SECRET: secrets }, undoAfterTest());
  expect(await responseTo(shop.port, "GET /broken", [askOf(keyOf())])).toContain("\r\nx-error-tree: :");
  for (const ask of [askOf(), askOf(keyOf(0, OTHER)), "x-error-tree: v=1, f=json"]) {
    const response = await responseTo(shop.port, "GET /broken", [ask]);
    expect(response).toMatch(/^HTTP\/1\.1 500 /);
    expect(response).not.toContain("x-error-tree");
  }
  const printed = await shop.stop();
  const lines = warningsIn(printed).join("\n");
  for (const [variable, value] of Object.entries(WRONG)) {
    if (variable === "OTEL_TRACES_SAMPLER_ARG") continue;
    const asked = variable === "OTEL_PROPAGATORS" ? "w3c" : value;
    expect(lines).toMatch(
      new RegExp(`^otel-error-tree: ${variable} .*"${asked.replace(/[.*]/g, "\\$&")}".*; `, "m"),
    );
  }
  expect(lines).toMatch(
    /OTEL_ERROR_TREE_SECRET must be .* got a second one without a colon; key id "k1" holds alone/,
  );
  expect(printed).not.toMatch(/hunter2|QXZ7/);
});

test("a wrong secret is none: nobody is answered", async () => {
  const wrong = { OTEL_ERROR_TREE_SECRET: OURS.secret, OTEL_ERROR_TREE_SECRET_FILE: "/nowhere/secret" };
  const shop = await startShop(wrong, undoAfterTest());
  for (const ask of [
    askOf(),
    askOf(keyOf()),
    askOf(keyOf(0, { ...OURS, keyId: OURS.secret.slice(0, 16) })),
  ]) {
    expect(await responseTo(shop.port, "GET /broken", [ask])).not.toContain("x-error-tree");
  }
  const printed = await shop.stop();
  expect(printed).toMatch(/OTEL_ERROR_TREE_SECRET must be .*; no token is accepted, and none is sent/);
  expect(printed).toMatch(/OTEL_ERROR_TREE_SECRET_FILE is not read/);
  expect(printed).not.toMatch(/QXZ7/);
});

test("a secret that is mounted as a file counts like one in the variable", async () => {
  const folder = mkdtempSync(join(tmpdir(), "error-tree-secret-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "secret");
  writeFileSync(path, `${SECRET.OTEL_ERROR_TREE_SECRET}\n`, { mode: 0o444 });
  const shop = await startShop({ OTEL_ERROR_TREE_SECRET_FILE: path }, undoAfterTest());
  expect(await responseTo(shop.port, "GET /broken", [askOf(keyOf())])).toContain("\r\nx-error-tree: :");
  expect(await responseTo(shop.port, "GET /broken", [askOf()])).not.toContain("x-error-tree");
  expect(await shop.stop()).not.toMatch(/QXZ7/);
});
