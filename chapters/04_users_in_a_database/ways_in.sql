-- A row for each account at a provider, with the columns user_id, provider ('twitter', 'facebook') and subject.
-- TODO 4.6: one query for all ways in
SELECT NULL AS user_id, NULL AS provider, NULL AS subject;
