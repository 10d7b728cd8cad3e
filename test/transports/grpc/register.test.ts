// Under register gRPC is watched in a program that knows nothing of it, however it loads its modules.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeProcess } from "../../support/process/node-process.ts";

const ENV = {
  OTEL_SERVICE_NAME: "checkout",
  OTEL_ERROR_TREE_TRUST: "loopback",
  OTEL_TRACES_EXPORTER: "none",
  OTEL_METRICS_EXPORTER: "none",
  OTEL_LOGS_EXPORTER: "none",
};

describe.each(["service.mjs", "service.cjs"])("%s", (file) => {
  let service: NodeProcess;
  beforeAll(async () => {
    const program = new URL(`./programs/${file}`, import.meta.url);
    service = await NodeProcess.listening(program, { imports: ["otel-error-tree/register"], env: ENV });
  });
  afterAll(() => service.stop());

  test("a handler that throws is told with type, message and frame, two services up", async () => {
    const response = await fetch(`${service.url}/badly`, { headers: { "x-error-tree": "v=1, f=json" } });
    expect(response.status).toBe(502);
    expect(JSON.parse(response.headers.get("x-error-tree") ?? "")).toMatchObject({
      code: "unavailable",
      children: [
        {
          service: "checkout",
          operation: "shop.Cart/Pay",
          code: "unknown",
          type: "RangeError",
          error: "the card was refused",
          frames: expect.arrayContaining([expect.stringContaining("programs/service.js:")]),
        },
      ],
    });
    expect(await response.text()).not.toContain("error-tree");
  });

  test("the program's trailers of a call that went well arrive", async () => {
    const response = await fetch(`${service.url}/well`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ cost: "3" });
  });

  test.each(["audited-well", "audited-refused"])(
    "what an interceptor of the program does to the trailers stays done: %s",
    async (path) => {
      const trailers = (await (await fetch(`${service.url}/${path}`)).json()) as Record<string, string>;
      expect(trailers).toMatchObject({ cost: "3", audit: "seen" });
      expect(trailers).not.toHaveProperty("internal");
    },
  );
});
