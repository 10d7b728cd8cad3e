// Stack traces and error types of other languages: the program's own frames, codes, mistakes.
import { describe, expect, test } from "vitest";
import { causeOf } from "../../src/otlp/stack.ts";
import { codeFromErrorType } from "../../src/spans/code.ts";
import { framesOf } from "../../src/spans/frames.ts";
import { isGeneric, isMistake } from "../../src/tree/cause/errors.ts";

const JAVA = `com.shop.OrderException: no order
	at com.shop.Orders.get(Orders.java:42)
	at java.base/java.lang.Thread.run(Thread.java:840)
	at org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1089)
Caused by: java.lang.IllegalStateException: pool is closed
	at com.shop.Pool.take(Pool.java:7)
	... 3 more
Caused by: java.net.ConnectException: Connection refused
	at java.base/sun.nio.ch.Net.pollConnect(Native Method)
	at app//com.shop.Ledger.ask(Ledger.java:17)
	... 5 more
	Suppressed: java.io.IOException: Caused by: nothing`;

const PYTHON = `Traceback (most recent call last):
  File "/app/ledger.py", line 7, in ask
    return totals[order]
KeyError: 'sum'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/usr/lib/python3.11/site-packages/flask/app.py", line 1455, in wsgi_app
    response = self.full_dispatch_request()
  File "/app/orders.py", line 12, in get
    ask(order)
RuntimeError: no order
`;

const GO = `goroutine 18 [running]:
runtime/debug.Stack()
	/usr/local/go/src/runtime/debug/stack.go:26 +0x5e
go.opentelemetry.io/otel/sdk/trace.recordStackTrace()
	/root/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.44.0/trace/span.go:600 +0x2e
main.(*Orders).get(0xc000112000, {0x7f1})
	/app/orders.go:42 +0x1d`;

const DOTNET = `System.AggregateException: One or more errors occurred.
 ---> Shop.OrderException: no order
 ---> System.TimeoutException: The operation has timed out.
   at System.Threading.Tasks.Task.Wait()
   at Shop.Ledger.Ask(Int32 id) in C:\\src\\Ledger.cs:line 17
   --- End of inner exception stack trace ---
   at Shop.Orders.Get(Int32 id) in C:\\src\\Orders.cs:line 42`;

const RUBY = `/app/ledger.rb:7:in 'Ledger#ask': no order (KeyError)
	from /app/orders.rb:12:in \`get'
	from /usr/local/bundle/gems/rack-3.0/lib/rack.rb:6:in 'call'`;

const PHP = `#0 /app/Orders.php(12): App\\Ledger->ask(17)
#1 /app/vendor/slim/App.php(4): {closure}()
#2 {main}`;

describe("frames of the program's own code, the innermost first", () => {
  test.each([
    [
      "Java",
      JAVA,
      [
        "com.shop.Ledger.ask (Ledger.java:17)",
        "com.shop.Pool.take (Pool.java:7)",
        "com.shop.Orders.get (Orders.java:42)",
      ],
    ],
    ["Python", PYTHON, ["ask (/app/ledger.py:7)", "get (/app/orders.py:12)"]],
    ["Go", GO, ["main.(*Orders).get (/app/orders.go:42)"]],
    [".NET", DOTNET, ["Shop.Ledger.Ask (C:\\src\\Ledger.cs:17)", "Shop.Orders.Get (C:\\src\\Orders.cs:42)"]],
    ["Ruby", RUBY, ["Ledger#ask (/app/ledger.rb:7)", "get (/app/orders.rb:12)"]],
    ["PHP", PHP, ["App\\Ledger->ask(17) (/app/Orders.php(12))"]],
  ])("%s", (_, stack, frames) => {
    expect(framesOf(stack)).toEqual(frames);
  });

  test("a stack of Node.js that has none of its own gives none", () => {
    expect(
      framesOf("Error: x\n    at run (/app/node_modules/x/index.js:1:2)\n    at node:internal/x:1:1"),
    ).toEqual([]);
  });

  test("a text that goes on and on takes no time to speak of", () => {
    for (const piece of [
      "at a.b(",
      "at a/",
      'File "',
      "\nCaused by: ",
      "a:1:in `",
      "\n\t",
      "at x(y) in ",
      "#1 ",
      "a.b/",
    ]) {
      const start = performance.now();
      framesOf(piece.repeat(20_000));
      causeOf(piece.repeat(20_000));
      expect(performance.now() - start, piece).toBeLessThan(2_000);
    }
  });
});

describe("the innermost error", () => {
  test.each([
    ["Java", JAVA, { type: "java.net.ConnectException", message: "Connection refused" }],
    ["Python", PYTHON, { type: "KeyError", message: "'sum'" }],
    [".NET", DOTNET, { type: "System.TimeoutException", message: "The operation has timed out." }],
    ["Go", GO, undefined],
    ["Ruby", RUBY, undefined],
    ["Node.js", "Error: a\n    at b (/c.js:1:2)", undefined],
  ])("%s", (_, stack, cause) => {
    expect(causeOf(stack)).toEqual(cause);
  });
});

describe("error types of other languages", () => {
  test.each([
    ["java.net.ConnectException", "unavailable"],
    ["java.net.SocketTimeoutException", "deadline-exceeded"],
    ["System.Threading.Tasks.TaskCanceledException", "cancelled"],
    ["requests.exceptions.ReadTimeout", "deadline-exceeded"],
    ["ConnectionRefusedError", "unavailable"],
    ["*net.OpError", "unavailable"],
    ["context.deadlineExceededError", "deadline-exceeded"],
    ["Net::OpenTimeout", "deadline-exceeded"],
    ["GuzzleHttp\\Exception\\ConnectException", "unavailable"],
    // A class of that name may be anybody's in Node.js.
    ["ConnectionError", undefined],
    ["com.shop.OrderException", undefined],
  ])("%s has the code %s", (type, code) => {
    expect(codeFromErrorType(type)).toBe(code);
  });

  test("mistakes of a program count as such", () => {
    for (const type of [
      "java.lang.NullPointerException",
      "System.NullReferenceException",
      "KeyError",
      "AttributeError",
      "NoMethodError",
      "panic",
      "runtime.boundsError",
    ]) {
      expect(isMistake(type), type).toBe(true);
    }
    for (const type of ["java.io.IOException", "ValueError", "*fmt.wrapError"])
      expect(isMistake(type), type).toBe(false);
  });

  test("types that most errors of a language have tell nothing apart", () => {
    for (const type of [
      "java.lang.RuntimeException",
      "*errors.errorString",
      "System.Exception",
      "StandardError",
    ]) {
      expect(isGeneric(type), type).toBe(true);
    }
  });
});
