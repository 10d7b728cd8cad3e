// A tracer provider of the program's own.
import { trace } from "@opentelemetry/api";
import { TracerProvider } from "@opentelemetry/sdk-trace";

class OwnProvider extends TracerProvider {}

trace.setGlobalTracerProvider(new OwnProvider());
