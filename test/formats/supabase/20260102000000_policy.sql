create policy "users see all" on users for select using (true);
