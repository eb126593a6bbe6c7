export { messageOf } from './message-of.js';
