import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { Allow, IsInt, IsNumber, IsOptional, Max, Min, ValidateBy, ValidateNested } from 'class-validator';
import { isJsonObject } from '#canonical';

const MAX_WINDOWS = 10;

/** Bounds are inclusive. */
export function WholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): PropertyDecorator {
  return decorate(IsInt(), Min(minimum), Max(maximum), ApiProperty({ type: 'integer', minimum, maximum }));
}

/** So many requests in so many seconds. */
export class RateWindowDto {
  @WholeNumber(1, 10_000_000)
  requests!: number;

  /** Fractions are allowed. */
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0.01)
  @Max(86_400)
  @ApiProperty({ type: 'number', minimum: 0.01, maximum: 86_400 })
  perSeconds!: number;
}

/** A free object, taken over as it came: class-transformer would copy it member by member. */
export function FreeForm(): PropertyDecorator {
  return decorate(
    ValidateBy({ name: 'freeForm', validator: { validate: isJsonObject, defaultMessage: () => 'must be an object' } }),
    Transform(({ obj, key }: { obj: Readonly<Record<string, unknown>>; key: string }) => obj[key]),
    ApiProperty({ type: 'object', additionalProperties: true }),
  );
}

/** One window, a list of windows, or null for none. */
export function RateLimitRule(description: string): PropertyDecorator {
  const window = { $ref: '#/components/schemas/RateWindowDto' };
  return decorate(
    IsOptional(),
    ValidateNested({ each: true, message: 'must be a window, a list of windows, or null' }),
    Type(() => RateWindowDto),
    ValidateBy({
      name: 'rateWindows',
      validator: {
        validate: (value: unknown) => !Array.isArray(value) || (value.length >= 1 && value.length <= MAX_WINDOWS),
        defaultMessage: () => `must have 1 to ${MAX_WINDOWS} windows; null means no limit`,
      },
    }),
    ApiProperty({
      description,
      required: false,
      oneOf: [window, { type: 'array', items: window, minItems: 1, maxItems: MAX_WINDOWS }, { type: 'null' }],
    }),
  );
}

/** Shown in answers; may be sent back and is ignored then. */
export function ReadOnly(
  shape: { readonly type?: 'string' | 'boolean'; readonly nullable?: boolean } = {},
): PropertyDecorator {
  return decorate(Allow(), ApiProperty({ required: false, readOnly: true, type: 'string', ...shape }));
}

/** Credentials by name: a text, null to remove, or what an answer showed to keep. Read by `readCredentials`. */
export function CredentialsRule(): PropertyDecorator {
  return decorate(
    IsOptional(),
    FreeForm(),
    ApiProperty({
      description:
        'Write-only. Shown in clear only in the answer that generated it, otherwise as {"set": true, "hint": "…cd12"}; ' +
        'sending that back, or leaving the member out, keeps what is stored.',
      selfRequired: false,
      type: 'object',
      additionalProperties: true,
      example: { apiKey: { set: true, hint: '…cd12' } },
    }),
  );
}

/** One decorator from several. */
function decorate(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const apply of decorators) apply(target, property);
  };
}
