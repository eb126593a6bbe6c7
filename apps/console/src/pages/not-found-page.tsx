import { Link } from 'react-router';
import { PageHead } from '../parts/page';
import { Empty } from '../parts/states';

export function NotFoundPage() {
  return (
    <>
      <PageHead title="Nothing here" />
      <Empty title="The console has no such page.">
        <Link to="/">To the overview</Link>
      </Empty>
    </>
  );
}
