"""The demo city: invented places, people and rules, the same every time.

city.toml    districts, departments, duties and staff, as an organisation file
people       residents
playing      lets cases happen: who acts at which moment, a step of every case at once
seeding      puts city, people and the plugins' cases into an empty database, and writes demo.json
simulator    files and works a case now and then
"""
