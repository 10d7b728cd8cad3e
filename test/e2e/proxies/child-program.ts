// What the programs before and behind the proxies have in common: they end with the process that started them.
import { answerQuestions } from "../../bench/child.ts";

/** Says `hello` to the parent, then answers its questions until it is gone. */
export function runAsChild<Question, Answer extends object>(
  hello: object,
  answer: (question: Question) => Promise<Answer>,
): void {
  // Ctrl-C reaches the whole group of processes; it is the parent that ends this one.
  process.on("SIGINT", () => {});
  // The parent may have gone while this process was still starting.
  (process as NodeJS.EventEmitter).on("error", () => process.exit());
  answerQuestions(hello, answer);
}
