import { ApiProperty } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import { isJsonObject } from '#canonical';
import { invalid, type ConfigurationError } from '#control-plane';
import { readDocument } from '../http/document.js';

/** All members but `body`, which is the vendor's own document and checked by its dialect. */
class PreviewEnvelope {
  /** The dialect that the request speaks. */
  @IsString()
  @MaxLength(64)
  dialect!: string;

  /** The vendor's path; the dialect's batch endpoint if absent. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  path?: string;

  @IsOptional()
  @IsObject()
  headers?: Record<string, string>;

  /** Whose events these are to be, for `match.sources`. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  sourceId?: string;

  /** This destination only; all if absent. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  destinationId?: string;
}

/** `POST /admin/v1/preview`. */
export class PreviewRequest extends PreviewEnvelope {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: "The vendor's body; credentials may be left out.",
  })
  body: unknown;
}

export function readPreviewRequest(document: unknown): PreviewRequest {
  if (!isJsonObject(document)) throw invalidPreview('', 'must be a JSON object');
  const { body, ...envelope } = document;
  if (body === undefined) throw invalidPreview('/body', 'is required');
  const read = readDocument(PreviewEnvelope, envelope);
  const wrong = Object.entries(read.headers ?? {}).find(([, value]) => typeof value !== 'string');
  if (wrong) throw invalidPreview(`/headers/${wrong[0]}`, 'must be a string');
  return { ...read, body };
}

export function invalidPreview(pointer: string, message: string): ConfigurationError {
  return invalid([{ pointer, message }]);
}
