/** The registry, and the only file that names every provider. A new one is a folder and a line here. */
import type { ProviderDefinition } from '../src/domain/provider-definition.ts';
import { airtel } from './airtel/adapter.ts';
import { mtn } from './mtn/adapter.ts';

export const PROVIDERS: readonly ProviderDefinition[] = [mtn, airtel];
