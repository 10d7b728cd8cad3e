// What `npm run shop` says before anything is started, and that nothing is started any more, or goes on, when it ends.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { Program, ROOT } from "../../../examples/shop/program.ts";
import { NodeProcess } from "../../support/process/node-process.ts";

const run = promisify(execFile);

/** Standard error and exit code. */
async function shop(...args: string[]): Promise<{ stderr: string; code: number }> {
  const ended = run(process.execPath, ["examples/shop/main.ts", ...args], { cwd: ROOT });
  const { stderr, code } = await ended.then(
    ({ stderr }) => ({ stderr, code: 0 }),
    (error: { stderr: string; code: number }) => error,
  );
  return { stderr, code };
}

test("a port that is in use is said at once", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await shop("--port", String(port))).toEqual({
    stderr: `shop: port ${port} is in use; without --port the shop takes a free one\n`,
    code: 1,
  });
  server.close();
});

test.each([
  ["--port", "66000", 'shop: --port must be a whole number from 0 to 65535, got "66000"'],
  ["--every", "often", 'shop: --every must be a whole number from 0 to 3600000, got "often"'],
  ["--prot", "1", "shop: Unknown option '--prot'"],
])("%s %s is told in one line", async (option, value, text) => {
  const { stderr, code } = await shop(option, value);
  expect(stderr).toContain(text);
  expect(stderr).toMatch(/\(--help tells the options\)\n$/);
  expect(stderr.trimEnd()).not.toContain("\n");
  expect(code).toBe(1);
});

test.each(["shop", "lab"])("what the %s has started ends if that is killed", async (which) => {
  const parent = await NodeProcess.listening(new URL("./parent.ts", import.meta.url), { args: [which] });
  const socket = connect(parent.port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await parent.stop();
  await closed;
});

test("a program that was ended for good is not started again", async () => {
  const args = ["--eval", "console.log('up'); setInterval(() => {}, 1000)"];
  const program = new Program({ name: "one", args, env: {}, ready: "up" });
  await program.start();
  await program.end();
  expect(program.isRunning).toBe(false);
  await expect(program.start()).rejects.toThrow("one is not started any more: the shop is closing");
  expect(program.isRunning).toBe(false);
});
