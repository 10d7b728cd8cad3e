// Services of several processes, and of several threads: each has a set-up of its own, and the tree goes from one to the other.
import { expect, test } from "vitest";
import { request } from "../../support/sdk-http.ts";
import { endServices, startService } from "../../support/sdk-process.ts";

const PERSON = { "x-error-tree": "v=1, f=json" };

test("cluster: whichever worker answers, the tree holds what failed in the other one", async () => {
  const service = await startService(new URL("./cluster.ts", import.meta.url), "shop");
  const pids = new Set<string>();
  for (let i = 0; i < 4; i++) {
    const response = await request(service.port, "/call", PERSON);
    expect(response.status).toBe(502);
    const tree = JSON.parse(response.field("x-error-tree") as string);
    expect(tree).toMatchObject({
      service: "shop",
      code: "unavailable",
      children: [{ service: "shop", code: "unavailable", error: expect.stringMatching(/^nothing in \d+$/) }],
    });
    pids.add(response.field("x-pid") as string);
    pids.add(tree.children[0].error.replace("nothing in ", ""));
  }
  expect(pids.size).toBe(2);
  await endServices(service);
});

test("worker_threads: a service in a thread answers the one that calls it", async () => {
  const service = await startService(new URL("./threads.ts", import.meta.url), "shop");
  const response = await request(service.port, "/", PERSON);
  expect(response.status).toBe(502);
  expect(JSON.parse(response.field("x-error-tree") as string)).toMatchObject({
    service: "shop",
    children: [{ service: "thread", code: "unavailable", error: "nothing in this thread" }],
  });
  await endServices(service);
});
