// Reads what callers send: JSON whatever the content type says, and lists in queries in every form that SDKs use.

import type { FastifyRequest } from 'fastify';
import type { PushPlatform } from '../../db/tables/push.ts';
import { AppError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../push/fields.ts';
import { parseStorableJson, storableOrRefused } from '../../storable-text.ts';
import { pushError } from './dialect/numbers.ts';

const PLATFORMS: readonly PushPlatform[] = ['android', 'ios', 'hmos', 'web'];

/** The body as JSON, undefined when there is none. Throws 21003 for anything else. */
export function readJson(request: FastifyRequest): unknown {
  const body = request.body;
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  try {
    return parseStorableJson(body.toString('utf8'), holdsNul);
  } catch (error) {
    throw error instanceof AppError ? error : pushError(21003, 'the body is not JSON');
  }
}

const holdsNul = () => pushError(21003, 'text holds a NUL character');

const storable = (text: string): string => storableOrRefused(text, holdsNul);

export function readJsonObject(request: FastifyRequest): JsonObject {
  const value = readJson(request);
  if (value === undefined) throw pushError(21002, 'the body is empty');
  if (!isObject(value)) throw pushError(21003, 'the body is not a JSON object');
  return value;
}

export function param(request: FastifyRequest, name: string): string {
  return storable((request.params as Record<string, string>)[name] ?? '');
}

export function query(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, unknown>)[name];
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first !== '' ? storable(first) : undefined;
}

/** Comma-joined and repeated parameters mean the same: old SDKs send the one, new ones the other. */
export function queryList(request: FastifyRequest, name: string, max: number): string[] {
  const value = (request.query as Record<string, unknown>)[name];
  const texts = (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string');
  const items = texts.flatMap((text) => text.split(',')).filter((item) => item !== '');
  if (items.length > max) throw pushError(21003, `${name} holds more than ${max} values`);
  return [...new Set(items.map(storable))];
}

/** Undefined means every platform. */
export function queryPlatforms(request: FastifyRequest): readonly PushPlatform[] | undefined {
  const names = queryList(request, 'platform', 10).map((name) => name.toLowerCase());
  if (names.length === 0 || names.includes('all')) return undefined;
  return names.map((name) => {
    const platform = PLATFORMS.find((each) => each === name);
    if (!platform) throw pushError(21003, `platform "${name.slice(0, 20)}" is unknown`);
    return platform;
  });
}
