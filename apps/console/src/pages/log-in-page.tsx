import { Alert, Button, PasswordInput } from '@mantine/core';
import { useEffect, useState, type FormEvent } from 'react';
import { asProblem } from '../api/client';
import { useSession } from '../api/session';
import { Mark } from '../parts/mark';
import './log-in-page.css';

export function LogInPage() {
  const { logIn, notice } = useSession();
  const [token, setToken] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Log in · Event gateway';
  }, []);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await logIn(token.trim());
    } catch (error) {
      const { status, message } = asProblem(error);
      setFault(status === 401 ? 'The gateway does not know this token.' : message);
      setBusy(false);
    }
  };

  return (
    <main className="log-in">
      <form className="log-in-card" onSubmit={(event) => void submit(event)}>
        <div className="row">
          <Mark size={32} />
          <h1>Event gateway</h1>
        </div>
        {notice !== null && <Alert color="yellow">{notice}</Alert>}
        <PasswordInput
          label="Admin token"
          description="Kept in this tab until it is closed, and sent to nobody but this gateway."
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={fault}
          autoComplete="current-password"
          autoFocus
          required
          withAsterisk={false}
        />
        <Button type="submit" loading={busy} disabled={token.trim() === ''}>
          Log in
        </Button>
        <p className="dim">
          The first start writes it to <code>data/admin-token</code>; the quickstart prints where.
        </p>
      </form>
    </main>
  );
}
