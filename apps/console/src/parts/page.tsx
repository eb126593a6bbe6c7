import { useEffect, type ReactNode } from 'react';
import { Link } from 'react-router';

interface PageHeadProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly back?: { readonly to: string; readonly label: string };
  readonly beside?: ReactNode;
  readonly children?: ReactNode;
}

/** Title of a page and what can be done there. */
export function PageHead({ title, note, back, beside, children }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · Event gateway`;
  }, [title]);
  return (
    <header className="page-head">
      <div>
        {back && (
          <Link className="crumb" to={back.to}>
            ← {back.label}
          </Link>
        )}
        <div className="row">
          <h1>{title}</h1>
          {beside}
        </div>
        {note && <p>{note}</p>}
      </div>
      <div className="page-actions">{children}</div>
    </header>
  );
}

interface PanelProps {
  readonly title: string;
  readonly beside?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ title, beside, children }: PanelProps) {
  return (
    <section className="panel" aria-label={title}>
      <div className="panel-head">
        <h2>{title}</h2>
        {beside}
      </div>
      {children}
    </section>
  );
}
