export { nearest } from "./nearest.ts";
export { expandHome, type Places, places } from "./paths.ts";
