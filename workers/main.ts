/** @module The Worker's entry: HTTP and the object classes of this deployment. */
import { createApp } from './app.ts';

export * from '../durable-objects/index.ts';
export default createApp();
