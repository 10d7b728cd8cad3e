// Loads the client of Kafka, which is there only if somebody has installed it.

/** The client's module. */
export type KafkaLibrary = typeof import("@platformatic/kafka");

const PACKAGE = "@platformatic/kafka";
const VERSION = "2.12.1";

/**
 * Loads it.
 *
 * @throws Error in words for people, if it is not there or this Node.js is too old for it
 */
export async function loadKafka(node: string = process.versions.node): Promise<KafkaLibrary> {
  if (!runsOn(node)) throw new Error(`--kafka needs Node.js 22.22, 24.6 or newer; this is ${node}`);
  try {
    return await import("@platformatic/kafka");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error(`--kafka needs a client of Kafka: npm install ${PACKAGE}@${VERSION}`);
  }
}

/** Source: `engines` of the package. */
function runsOn(node: string): boolean {
  const [major = 0, minor = 0] = node.split(".").map(Number);
  if (major === 22) return minor >= 22;
  return major === 24 ? minor >= 6 : major > 24;
}
