export type {
  ClientIdentity,
  DaemonServer,
  HelloParams,
  HelloResult,
  IncomingCall,
  ServeOptions,
} from "./options.ts";
export { serve } from "./serve.ts";
