// Another SDK, such as programs have already.
import { trace } from "@opentelemetry/api";
import { TracerProvider } from "@opentelemetry/sdk-trace";

class OtherProvider extends TracerProvider {}

trace.setGlobalTracerProvider(new OtherProvider());
trace.setGlobalTracerProvider(new OtherProvider());
