-- What opening one case over the API writes, statement by statement, as a program without a platform would: the same rows,
-- columns and sizes (a request of a resident, filed by a token). bench/direct.py gives the ids.
\set number random(100000000000000, 999999999999999)
\set key random(1000000000000000, 9999999999999999)
\set telephone random(10000000, 99999999)
begin;
insert into kernel.idempotency (actor, key, fingerprint, number, created, lasting)
values ('token:1', '0123456789abcdef' || :key::text, sha256(:key::text::bytea), :number::text, now(), false);
insert into kernel."case" (number, district_id, area_id, type_id, title, category, state, outcome, applicant_id, department_id, channel,
    received, closed, changed, data, revision, sequence, digest, key_id)
values (:number::text, :district, :area, :type, '路灯黑了三天了', 'street_lighting', 'new', null, null, :department, 'api', now(), null, now(),
    '{"kind": "complaint", "category": "street_lighting", "text": "路灯黑了三天了。老人晚上不敢下楼，孩子放学也要家里人到路口接，请尽快派人来修一修。", "area": "elm", "place": "榆树街 3 号门口", "contact_name": "\u001asealed:0123abcd.6vTnZ1dJH2Qk4M8s0cXyWb7eLpUaRf3gBhVzCjNtGwYxKqDm", "contact_telephone": "\u001asealed:0123abcd.9sQmX2fKJ3Rl5N9t1dYzVc8fMqVbSg4hCiWaDkOuHxZyLrEn0pA="}',
    1, 1, sha256(:number::text::bytea), '0123abcd')
returning id as case_id \gset
insert into kernel.case_event (case_id, sequence, kind, capacity, actor_id, post_id, acting_for_id, department_id, at, recorded, audience,
    state, salt, body, content, digest, key_id)
values (:case_id, 1, 'opened', 'staff', :person, :post, null, :office, now(), now(), 'applicant', 'new', '\x00112233445566778899aabbccddeeff',
    '{"title": "路灯黑了三天了", "channel": "api", "department": 3}', sha256(:key::text::bytea), sha256(:number::text::bytea), '0123abcd');
insert into kernel.personal_index (kind, digest, case_id) values ('telephone', sha256(:telephone::text::bytea), :case_id);
insert into kernel.personal_index (kind, digest, case_id) values ('name', sha256(:key::text::bytea), :case_id);
commit;
