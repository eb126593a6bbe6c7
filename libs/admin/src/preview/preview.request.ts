import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import { isJsonObject, type JsonObject } from '#canonical';
import { invalid, type ConfigurationError } from '#control-plane';
import { readDocument } from '../http/document.js';
import { FreeForm } from '../http/document-rules.js';

const MAX_EVENT_IDS = 20;

class PreviewTarget {
  /** This destination only; all if absent. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  destinationId?: string;

  /** A destination that need not exist, as `POST /destinations` takes it; in place of those that do. */
  @IsOptional()
  @FreeForm()
  destination?: JsonObject;
}

/** All members but `body`, which is the vendor's own document and checked by its dialect. */
class PreviewEnvelope extends PreviewTarget {
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
}

/** Events that were accepted already, in place of a vendor's request. */
export class PreviewOfEvents extends PreviewTarget {
  @IsString({ each: true })
  @ArrayMaxSize(MAX_EVENT_IDS)
  @ArrayMinSize(1)
  @IsArray()
  eventIds!: string[];
}

/** `POST /admin/v1/preview`. */
export class PreviewRequest extends PreviewEnvelope {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: "The vendor's body; credentials may be left out.",
  })
  body: unknown;

  @ApiPropertyOptional({
    type: [String],
    description: `Events that were accepted already, at most ${MAX_EVENT_IDS}, in place of \`dialect\` and \`body\`.`,
  })
  eventIds?: string[];
}

export function readPreviewRequest(document: unknown): PreviewRequest | PreviewOfEvents {
  if (!isJsonObject(document)) throw invalidPreview('', 'must be a JSON object');
  if (document.eventIds !== undefined) return readDocument(PreviewOfEvents, document);
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
