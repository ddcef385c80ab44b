export { answerHello, type HelloFacts, usableAgentSocket } from "./hello.ts";
export type {
  ClientIdentity,
  DaemonServer,
  HelloParams,
  HelloResult,
  IncomingCall,
  ServeOptions,
} from "./options.ts";
export { serve } from "./serve.ts";
export { notifySystemd, takeListenFd, underSystemd } from "./systemd.ts";
