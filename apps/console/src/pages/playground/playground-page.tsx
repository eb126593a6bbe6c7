import { useDialects } from '../../api/queries';
import { PageHead } from '../../parts/page';
import { Loaded } from '../../parts/states';
import { Playground } from './playground';

export default function PlaygroundPage() {
  const dialects = useDialects();
  return (
    <>
      <PageHead
        title="Playground"
        note="Paste a vendor's request and see what each destination would be sent, and what would be lost. Nothing is sent or kept."
      />
      <Loaded query={dialects}>{(known) => <Playground dialects={known} />}</Loaded>
    </>
  );
}
