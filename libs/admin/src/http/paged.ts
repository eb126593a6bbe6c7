import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, ApiQuery, ApiResponse, getSchemaPath } from '@nestjs/swagger';

/** Documents a list that is read page by page: `{"data": […], "nextCursor": string|null}`. */
export function Paged(summary: string, itemType: new () => object): MethodDecorator {
  return applyDecorators(
    Listed(summary, itemType),
    ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: 250, default: 50 } }),
    ApiQuery({ name: 'cursor', required: false, description: '`nextCursor` of the page before.', type: String }),
  );
}

/** Documents a list that is always answered as a whole. */
export function Listed(summary: string, itemType: new () => object): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(itemType),
    ApiOperation({ summary }),
    ApiResponse({
      status: 200,
      description: 'One page.',
      schema: {
        type: 'object',
        required: ['data', 'nextCursor'],
        properties: {
          data: { type: 'array', items: { $ref: getSchemaPath(itemType) } },
          nextCursor: { type: 'string', nullable: true },
        },
      },
    }),
  );
}
