import { ApiProperty } from '@nestjs/swagger';

export class PointedFaultDto {
  @ApiProperty({ description: 'JSON pointer into the body, or `/` and the name of a query parameter.' })
  pointer!: string;

  @ApiProperty()
  message!: string;

  @ApiProperty({ required: false, description: 'The member that is required and was not given.' })
  missing?: string;
}

/** For the documentation; `Problem` is what is sent. */
export class ProblemDto {
  @ApiProperty({ example: 'about:blank' })
  type!: string;

  @ApiProperty({ example: 'Unprocessable Entity' })
  title!: string;

  @ApiProperty({ example: 422 })
  status!: number;

  @ApiProperty({ example: 'validation_failed' })
  code!: string;

  @ApiProperty()
  detail!: string;

  @ApiProperty({ type: [PointedFaultDto], required: false })
  errors?: PointedFaultDto[];

  @ApiProperty({ required: false, description: 'With `events_waiting`: how many.' })
  waiting?: number;
}
