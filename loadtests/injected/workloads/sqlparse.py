"""Formats and splits statements with sqlparse."""

import sqlparse

statements = [
    "select a.id, b.name, count(*) as n from orders a left join customers b on a.customer_id = b.id where a.total > 100 and b.name like 'x%' group by a.id, b.name order by n desc;",
    "insert into items (id, name, price) values (1, 'one', 1.5), (2, 'two', 2.5), (3, 'three', 3.5); -- three items",
    "create table t (id integer primary key, name varchar(40) not null, created timestamp default now());",
    "update accounts set balance = balance - 10 where id in (select account_id from moves where day = '2020-01-01');",
    "select case when x > 1 then 'many' when x = 1 then 'one' else 'none' end as kind, coalesce(y, 0) from (select * from raw) r;",
]
digest = 0
for turn in range(4):
    text = " ".join(statements)
    digest += len(sqlparse.split(text))
    for statement in statements:
        digest += len(sqlparse.format(statement, reindent=True, keyword_case="upper", identifier_case="lower"))
        digest += len(sqlparse.format(statement, strip_comments=True, strip_whitespace=True, use_space_around_operators=True))
        digest += len(sqlparse.format(statement, reindent_aligned=True))
        digest += len(list(sqlparse.parse(statement)[0].flatten()))
print(digest)
